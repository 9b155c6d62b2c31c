import { readFile, stat } from 'node:fs/promises';
import type { Instant } from '../../platform/clock.ts';
import { reasonOf, Refusal } from '../../platform/refusal.ts';
import { isTimezone } from '../../platform/schema.ts';
import type { Call } from '../client.ts';
import { isMonday, mondayAhead, momentOfWeek } from '../week.ts';
import { bookAll, type Booked, type Outcome } from './book.ts';
import { EcttError, parseEctt, type Timetable } from './ectt.ts';
import { differences, type Occupied } from './occupied.ts';
import { clockOf, offTheClock, type OnClock } from './on-clock.ts';
import { MOST_PERIODS_PER_DAY, periodTimes, PERIOD_MINUTES, type Week } from './periods.ts';
import { planWeek, type PlacedLecture } from './plan.ts';
import { showProgress, type ProgressOutput } from './progress.ts';
import { bookingLines, clockLines, occupiedLines, planLines } from './report.ts';
import { buildingName, ensureRooms } from './rooms.ts';

const LONGEST_FILE_BYTES = 64 * 1024 * 1024;
const MOST_CONCURRENCY = 256;
/** A year; a series may have more occurrences, but no timetable stands that long. */
const MOST_WEEKS = 53;

/** What is replayed: made by `readReplay` from what was typed, so it is known to be possible. */
export interface Replay {
  readonly timetable: Timetable;
  readonly week: Week;
  /** Weeks of the term; with more than one each lecture is booked as a weekly series. */
  readonly weeks: number;
  /** Bookings under way at a time. */
  readonly concurrency: number;
}

/** What the replay needs of the world. */
export interface ReplayTools {
  /** The API of the tenant on the running server. */
  readonly call: Call;
  /** Counts in the database how long rooms are taken between two moments, by these bookings and by others. */
  countOccupied(from: Instant, to: Instant, bookings: readonly string[]): Promise<Occupied[]>;
  /** Says when the claims of these bookings take place, as the database reads the clock of the zone. */
  countOnClock(bookings: readonly string[], timezone: string): Promise<OnClock[]>;
  /** Runs the invariants over the whole database and prints them; false when one is broken. */
  doctor(): Promise<boolean>;
  print(line: string): void;
  readonly progress: ProgressOutput;
}

export interface ReplayOptions {
  readonly file: string;
  /** A Monday, `YYYY-MM-DD`; absent: the next one that is at least 7 days ahead. */
  readonly week?: string | undefined;
  readonly weeks: number;
  readonly timezone: string;
  readonly concurrency: number;
}

/** Reads the file and checks the options. Throws a Refusal that says in one sentence what is wrong. */
export async function readReplay(options: ReplayOptions, now: Instant): Promise<Replay> {
  const { file, timezone, concurrency, weeks } = options;
  if (!isTimezone(timezone)) throw new Refusal(`${timezone} is no time zone; write one like Europe/Berlin.`);
  if (!(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MOST_CONCURRENCY))
    throw new Refusal(`The concurrency must be a whole number from 1 to ${MOST_CONCURRENCY}.`);
  if (!(Number.isInteger(weeks) && weeks >= 1 && weeks <= MOST_WEEKS))
    throw new Refusal(`The weeks must be a whole number from 1 to ${MOST_WEEKS}.`);
  const monday = options.week ?? mondayAhead(now, timezone, 7);
  if (!isMonday(monday)) throw new Refusal(`${monday} is no Monday; write one as YYYY-MM-DD.`);
  if (momentOfWeek(monday, 0, '00:00', 0, timezone) <= now)
    throw new Refusal(`The week of ${monday} has begun or is over; choose a later Monday.`);
  const timetable = await readTimetable(file);
  if (timetable.periodsPerDay > MOST_PERIODS_PER_DAY)
    throw new Refusal(
      `${file} has ${timetable.periodsPerDay} periods a day; of ${PERIOD_MINUTES} minutes only ` +
        `${MOST_PERIODS_PER_DAY} fit into a day.`,
    );
  return { timetable, week: { monday, timezone }, weeks, concurrency };
}

async function readTimetable(file: string): Promise<Timetable> {
  try {
    if ((await stat(file)).size > LONGEST_FILE_BYTES) throw new Error('it is too large');
    return parseEctt(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') throw new Refusal(`There is no file ${file}.`);
    if (error instanceof EcttError)
      throw new Refusal(`${file} is no complete timetable in the .ectt format: ${error.message}.`);
    throw new Refusal(`${file} cannot be read: ${reasonOf(error)}.`);
  }
}

/**
 * Plans the week, creates the rooms, books every placed lecture through the API, and proves the result: each room is
 * taken in the database exactly as long as was booked, and the doctor finds every invariant whole. Resolves with
 * false when the proof fails or the server could not decide a booking; throws a Refusal when it cannot go on.
 */
export async function replayTimetable(replay: Replay, tools: ReplayTools): Promise<boolean> {
  const { timetable, week, weeks } = replay;
  const { print } = tools;
  const span = weeks === 1 ? 'week of' : `${weeks} weeks from`;
  print(`${timetable.name}, ${span} ${week.monday} in ${week.timezone}.`);
  const plan = planWeek(timetable);
  for (const line of planLines(plan.placed.length + plan.refused.length, plan.refused)) print(line);

  const rooms = await ensureRooms(tools.call, timetable.rooms, week.timezone, replay.concurrency);
  print(`${rooms.ids.size} rooms: ${rooms.created} created, the others were there.`);

  const begun = performance.now();
  const outcomes = await book(replay, plan.placed, rooms.ids, tools);
  for (const line of bookingLines(outcomes, (performance.now() - begun) / 1_000)) print(line);

  const booked = outcomes.filter((outcome) => outcome.booked);
  const isWhole = await isOccupiedAsBooked(replay, booked, tools);
  const isRight = weeks === 1 || (await isOnTheClock(replay, booked, tools));
  return (await tools.doctor()) && isWhole && isRight && !outcomes.some(isUndecided);
}

async function book(
  { timetable, week, weeks, concurrency }: Replay,
  placed: readonly PlacedLecture[],
  roomIds: ReadonlyMap<string, string>,
  { call, progress }: ReplayTools,
): Promise<Outcome[]> {
  const appointments = placed.map((lecture) => {
    const roomId = roomIds.get(lecture.room.name);
    if (roomId === undefined) throw new Error(`the room ${lecture.room.name} has no id`);
    return { lecture, roomId, ...periodTimes(lecture.period, timetable.periodsPerDay, week), weeks };
  });
  const shown = showProgress(progress, 'lectures booked', appointments.length);
  const run = `${timetable.name} ${week.monday}${weeks === 1 ? '' : ` ${weeks} weeks`}`;
  const outcomes = await bookAll(call, run, appointments, concurrency, shown.step);
  shown.end();
  return outcomes;
}

async function isOccupiedAsBooked(
  { week, weeks }: Replay,
  booked: readonly Booked[],
  { countOccupied, print }: ReplayTools,
): Promise<boolean> {
  const counted = await countOccupied(
    momentOfWeek(week.monday, 0, '00:00', 0, week.timezone),
    momentOfWeek(week.monday, 7 * weeks, '00:00', 0, week.timezone),
    booked.map((outcome) => outcome.bookingId),
  );
  const planned = booked.map(({ appointment: { lecture } }) => ({
    building: buildingName(lecture.room),
    room: lecture.room.name,
    minutes: PERIOD_MINUTES * weeks,
  }));
  const different = differences(planned, counted);
  for (const line of occupiedLines(counted, different)) print(line);
  return different.length === 0;
}

async function isOnTheClock(
  { week, weeks }: Replay,
  booked: readonly Booked[],
  { countOnClock, print }: ReplayTools,
): Promise<boolean> {
  const planned = new Map(booked.map(({ bookingId, appointment }) => [bookingId, clockOf(appointment)]));
  const counted = await countOnClock([...planned.keys()], week.timezone);
  const off = offTheClock(planned, weeks, counted);
  for (const line of clockLines(counted, off.length, weeks)) print(line);
  return off.length === 0;
}

/** Neither booked nor refused for a reason of the booking itself: the server failed. */
function isUndecided(outcome: Outcome): boolean {
  return !outcome.booked && outcome.status >= 500;
}
