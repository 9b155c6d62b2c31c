import type { Instant } from '../../platform/clock.ts';
import { patient, refusedBy, type Call } from '../client.ts';
import { keyFor } from '../idempotency-key.ts';
import { inParallel } from '../in-parallel.ts';
import { mondayAhead, momentOfWeek, withOffset } from '../week.ts';
import { demoRooms, demoWeek, type DemoBooking, type DemoRoom } from './university.ts';

export const DEMO_TIMEZONE = 'Europe/Berlin';
/** Calls under way at a time: more would wait for each other, so long that a first start tells of slow statements. */
const WIDTH = 4;
const PAGE = 100;

/** An hour in a room that nobody has booked yet, as a hold wants it. */
export interface FreeHour {
  readonly roomId: string;
  readonly room: string;
  readonly start: string;
  readonly end: string;
}

export interface Demo {
  readonly rooms: number;
  /** Bookings made now; 0 when the coming week was there already. */
  readonly booked: number;
  /** Something to try a booking on; undefined once the visitor has booked that room for half a year. */
  readonly free: FreeHour | undefined;
}

/**
 * Fills the demo tenant through its API: the university's rooms and the bookings of the coming week. What is there
 * stays as it is, so it can run at every start: a finished week costs two calls.
 */
export async function seedDemo(call: Call, now: Instant): Promise<Demo> {
  const ids = await ensureRooms(call);
  const monday = mondayAhead(now, DEMO_TIMEZONE, 1);
  const week = demoWeek();
  const booked = await bookWeek(call, ids, monday, week);
  return { rooms: ids.size, booked, free: await freeHour(call, ids, monday) };
}

type RoomIds = ReadonlyMap<DemoRoom, string>;

async function ensureRooms(call: Call): Promise<RoomIds> {
  const listed = await call('GET', `/rooms?limit=${PAGE}`);
  if (listed.status !== 200) throw refusedBy(listed, 'to list the rooms');
  const there = (listed.body as { data: { id: string; name: string; building: string }[] }).data;
  const ids = new Map<DemoRoom, string>();
  await inParallel(demoRooms, WIDTH, async (room) => {
    const known = there.find(({ name, building }) => name === room.name && building === room.building);
    ids.set(room, known?.id ?? (await createRoom(call, room)));
  });
  return ids;
}

async function createRoom(call: Call, { use: _, ...room }: DemoRoom): Promise<string> {
  const answer = await patient(call)('POST', '/rooms', room, keyFor('demo', room.building, room.name));
  if (answer.status !== 201) throw refusedBy(answer, `to create the room ${room.name}`);
  return (answer.body as { id: string }).id;
}

/** Books the week; the last booking is made after all the others, so where it stands the week is complete. */
async function bookWeek(call: Call, ids: RoomIds, monday: string, week: DemoBooking[]): Promise<number> {
  const last = week.at(-1);
  if (last === undefined || (await isTaken(call, ids, monday, last))) return 0;
  let booked = 0;
  const book = async (booking: DemoBooking) => {
    if (await bookOne(patient(call), ids, monday, booking)) booked++;
  };
  await inParallel(week.slice(0, -1), WIDTH, book);
  await book(last);
  return booked;
}

async function isTaken(call: Call, ids: RoomIds, monday: string, booking: DemoBooking): Promise<boolean> {
  const { start, end } = times(monday, booking);
  const { busy } = await availability(call, idOf(ids, booking.room), start, end);
  return busy.length > 0;
}

/** False when somebody else has the room at that time, which is theirs to have. */
async function bookOne(call: Call, ids: RoomIds, monday: string, booking: DemoBooking): Promise<boolean> {
  const roomId = idOf(ids, booking.room);
  const { start, end } = times(monday, booking);
  const key = keyFor('demo', roomId, start);
  const body = { lines: [{ kind: 'room', roomId, start, end }], note: booking.title };
  const hold = await call('POST', '/holds', body, key);
  if (hold.status === 409) return false;
  if (hold.status !== 201) throw refusedBy(hold, 'a booking of the demo');
  const confirm = await call('POST', `/bookings/${(hold.body as { id: string }).id}/confirm`, {}, key);
  if (confirm.status === 409 || confirm.status === 410) return false; // held by a start that was ended
  if (confirm.status !== 200) throw refusedBy(confirm, 'to confirm a booking of the demo');
  return true;
}

function times(monday: string, { day, from, minutes }: Omit<DemoBooking, 'room' | 'title'>) {
  const at = (after: number) =>
    withOffset(momentOfWeek(monday, day, from, after, DEMO_TIMEZONE), DEMO_TIMEZONE);
  return { start: at(0), end: at(minutes) };
}

interface Stretch {
  readonly start: string;
  readonly end: string;
}

async function availability(call: Call, roomId: string, from: string, to: string) {
  const query = `from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`;
  const answer = await call('GET', `/rooms/${roomId}/availability?${query}`);
  if (answer.status !== 200) throw refusedBy(answer, 'to show when a room is free');
  return answer.body as { free: Stretch[]; busy: Stretch[] };
}

const VISITORS_ROOM = 'Garden Room';
const WEEKS_SEARCHED = 26;

/** The first whole hour of a working day, from the demo's week on, in which the visitors' room is free. */
async function freeHour(call: Call, ids: RoomIds, monday: string): Promise<FreeHour | undefined> {
  const room = demoRooms.find(({ name }) => name === VISITORS_ROOM);
  if (room === undefined) return undefined;
  const roomId = idOf(ids, room);
  const hour = (day: number, n: number) =>
    times(monday, { day, from: `${String(n).padStart(2, '0')}:00`, minutes: 60 });
  const { free } = await availability(call, roomId, hour(0, 0).start, hour(WEEKS_SEARCHED * 7, 0).start);
  for (let day = 0; day < WEEKS_SEARCHED * 7; day++)
    for (let n = 9; day % 7 < 5 && n < 18; n++) {
      const { start, end } = hour(day, n);
      const fits = (stretch: Stretch) =>
        Date.parse(stretch.start) <= Date.parse(start) && Date.parse(end) <= Date.parse(stretch.end);
      if (free.some(fits)) return { roomId, room: room.name, start, end };
    }
  return undefined;
}

function idOf(ids: RoomIds, room: DemoRoom): string {
  const id = ids.get(room);
  if (id === undefined) throw new Error(`the room ${room.name} has no id`);
  return id;
}
