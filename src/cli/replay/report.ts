import { percentile } from '../percentile.ts';
import type { Outcome } from './book.ts';
import type { Difference, Occupied } from './occupied.ts';
import type { OnClock } from './on-clock.ts';
import type { RefusedLecture } from './plan.ts';

const NAMED_AT_MOST = 8;

/** The lines that say what the plan left out, by reason. */
export function planLines(lectures: number, refused: readonly RefusedLecture[]): string[] {
  const lines = [`Planned ${lectures - refused.length} of ${lectures} lectures into the week.`];
  for (const [reason, group] of groups(refused, (lecture) => lecture.reason))
    lines.push(
      `  refused, ${reason}: ${group.length} (${some(group.map(({ course, number }) => `${course.name}/${number}`))})`,
    );
  return lines;
}

/** The lines that say what the server did with the plan, and how fast; `seconds` is the time it took in all. */
export function bookingLines(outcomes: readonly Outcome[], seconds: number): string[] {
  const booked = outcomes.filter((outcome) => outcome.booked);
  const declined = outcomes.filter((outcome) => !outcome.booked);
  const replayed = booked.filter((outcome) => outcome.replayed).length;
  const times = booked.map((outcome) => outcome.ms);
  const lines = [
    `Booked ${booked.length} lectures (${booked.length - replayed} now, ${replayed} by an earlier run); ` +
      `the server refused ${declined.length}.`,
  ];
  for (const [code, group] of groups(declined, (outcome) => outcome.code)) {
    const names = group.map(({ appointment: { lecture } }) => `${lecture.course.name}/${lecture.number}`);
    lines.push(`  refused, ${code}: ${group.length} (${some(names)}): ${group[0]?.detail}`);
  }
  const occurrences = booked.reduce((sum, { appointment }) => sum + appointment.weeks, 0);
  const more = occurrences > booked.length ? ` (${(occurrences / seconds).toFixed(0)} occurrences/s)` : '';
  if (booked.length > 0)
    lines.push(
      `${(booked.length / seconds).toFixed(0)} bookings/s${more}; hold and confirm: ` +
        `p50 ${percentile(times, 0.5).toFixed(1)} ms, p95 ${percentile(times, 0.95).toFixed(1)} ms.`,
    );
  return lines;
}

/** The lines that say whether the rooms are taken exactly as long as was booked. */
export function occupiedLines(counted: readonly Occupied[], different: readonly Difference[]): string[] {
  const ours = counted.filter((room) => room.ours > 0);
  const total = ours.reduce((sum, room) => sum + room.ours, 0);
  const others = counted.reduce((sum, room) => sum + room.others, 0);
  const lines = [`Rooms taken for ${hours(total)} in ${ours.length} rooms, counted in the database.`];
  if (others > 0) lines.push(`  Other bookings of this tenant take ${hours(others)} more of that week.`);
  for (const { building, room, planned, counted: found } of different)
    lines.push(
      `  DIFFERENT: ${room} in ${building} is booked for ${hours(planned)}, but taken for ${hours(found)}.`,
    );
  if (different.length === 0) lines.push('  Every room is taken exactly as long as it was booked.');
  return lines;
}

/** The lines that say whether each series takes place once a week at its time, before and after the clocks change. */
export function clockLines(counted: readonly OnClock[], off: number, weeks: number): string[] {
  const total = counted.reduce((sum, row) => sum + row.occurrences, 0);
  const byOffset = [...Map.groupBy(counted, (row) => row.offsetMinutes)].map(
    ([minutes, rows]) => `${rows.reduce((sum, row) => sum + row.occurrences, 0)} at UTC${offset(minutes)}`,
  );
  const lines = [`${total} occurrences, counted in the database: ${byOffset.join(', ')}.`];
  if (off === 0)
    lines.push(`  Every series takes place in each of ${weeks} weeks at the same time of the clock.`);
  else
    lines.push(`  DIFFERENT: ${off} series do not take place once in each of ${weeks} weeks at their time.`);
  return lines;
}

function offset(minutes: number): string {
  const size = Math.abs(minutes);
  const two = (count: number) => String(count).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function hours(minutes: number): string {
  return `${(minutes / 60).toFixed(1)} h`;
}

function some(names: readonly string[]): string {
  const rest = names.length - NAMED_AT_MOST;
  return names.slice(0, NAMED_AT_MOST).join(', ') + (rest > 0 ? `, and ${rest} more` : '');
}

function groups<T>(items: readonly T[], by: (item: T) => string): [string, T[]][] {
  return [...Map.groupBy(items, by)].sort(([, a], [, b]) => b.length - a.length);
}
