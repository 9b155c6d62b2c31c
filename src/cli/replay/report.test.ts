import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from './book.ts';
import { bookingLines, occupiedLines, planLines } from './report.ts';

const course = (name: string) => ({
  name,
  teacher: 'T',
  lectures: 1,
  students: 1,
  unavailable: new Set<number>(),
  unsuitable: new Set<string>(),
});
const appointment = (name: string) => ({
  lecture: { course: course(name), number: 1, period: 0, room: { name: 'R', capacity: 1, building: '0' } },
  roomId: 'id',
  start: '',
  end: '',
  weeks: 1,
});
const booked = (name: string, ms: number, replayed = false): Outcome => ({
  appointment: appointment(name),
  booked: true,
  bookingId: name,
  replayed,
  ms,
});

test('the plan is told with every reason, the commonest first', () => {
  const refused = (name: string, reason: 'no_free_room' | 'teacher_busy') => ({
    course: course(name),
    number: 1,
    reason,
  });
  const many = Array.from({ length: 9 }, (_, i) => refused(`C${i}`, 'no_free_room'));
  assert.deepEqual(planLines(20, [refused('A', 'teacher_busy'), ...many]), [
    'Planned 10 of 20 lectures into the week.',
    '  refused, no_free_room: 9 (C0/1, C1/1, C2/1, C3/1, C4/1, C5/1, C6/1, C7/1, and 1 more)',
    '  refused, teacher_busy: 1 (A/1)',
  ]);
});

test('bookings are told with their rate, their times and what the server refused', () => {
  const declined: Outcome = {
    appointment: appointment('X'),
    booked: false,
    status: 409,
    code: 'capacity_unavailable',
    detail: 'Somebody else has it.',
  };
  assert.deepEqual(bookingLines([booked('A', 10), booked('B', 30, true), declined], 2), [
    'Booked 2 lectures (1 now, 1 by an earlier run); the server refused 1.',
    '  refused, capacity_unavailable: 1 (X/1): Somebody else has it.',
    '1 bookings/s; hold and confirm: p50 10.0 ms, p95 30.0 ms.',
  ]);
  assert.deepEqual(bookingLines([], 1), [
    'Booked 0 lectures (0 now, 0 by an earlier run); the server refused 0.',
  ]);
});

test('a room that is taken longer or shorter than booked stands out', () => {
  const counted = [{ building: 'B', room: 'R', ours: 90, others: 30 }];
  assert.deepEqual(occupiedLines(counted, []), [
    'Rooms taken for 1.5 h in 1 rooms, counted in the database.',
    '  Other bookings of this tenant take 0.5 h more of that week.',
    '  Every room is taken exactly as long as it was booked.',
  ]);
  assert.deepEqual(
    occupiedLines(counted, [{ building: 'B', room: 'R', planned: 180, counted: 90 }]).slice(2),
    ['  DIFFERENT: R in B is booked for 3.0 h, but taken for 1.5 h.'],
  );
});
