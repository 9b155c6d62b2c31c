import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FrontDesk, roomLine, type Who } from '../../../test/front-desk.ts';

let desk: FrontDesk;
before(async () => (desk = await FrontDesk.open()));
after(() => desk.close());

/** A line on the Monday of the test, or on days after it, by the clock of UTC. */
const MONDAY = Date.UTC(2030, 4, 6);
const at = (hour: string, days = 0) =>
  new Date(MONDAY + days * 86_400_000).toISOString().replace(/T\d\d:\d\d/, `T${hour}`);
const line = (roomId: string, from: string, to: string, days = 0) =>
  roomLine(roomId, at(from, days), at(to, days));
const hold = (lines: object | object[], by: Who = 'client') => desk.hold([lines].flat(), by);
const held = async (lines: object | object[], by: Who = 'client') => (await desk.held([lines].flat(), by)).id;
async function conflictsOf(lines: object | object[]) {
  const refused = await hold(lines);
  assert.equal(refused.status, 409, refused.text);
  return refused.body.conflicts;
}
const quotaHit = async (lines: object | object[]) =>
  (await conflictsOf(lines)).map(({ reason, rule, limit, available }) => [reason, rule, limit, available]);

test('zone, hours and rules are kept, replaced as a whole and cleared by null', async () => {
  const given = {
    timezone: 'Australia/Lord_Howe',
    openingHours: {
      mon: [
        ['08:00', '12:00'],
        ['13:00', '24:00'],
      ],
      sat: [['22:00', '02:00']],
    },
    rules: { minMinutes: 15, quota: { perDay: { bookings: 2 } }, roles: ['client', 'staff'] },
  };
  const id = await desk.room(given);
  assert.partialDeepStrictEqual((await desk.get(`/rooms/${id}`)).body, given);
  const replaced = await desk.patch(`/rooms/${id}`, { rules: { maxMinutes: 60 }, openingHours: {} });
  assert.deepEqual(replaced.body['rules'], { maxMinutes: 60 });
  assert.deepEqual(replaced.body['openingHours'], {});
  const cleared = await desk.patch(`/rooms/${id}`, { rules: null, openingHours: null, timezone: null });
  assert.deepEqual(
    [cleared.body['rules'], cleared.body['openingHours'], cleared.body['timezone']],
    [{}, null, null],
  );
  const untouched = await desk.patch(`/rooms/${id}`, { capacity: 11 });
  assert.deepEqual(untouched.body['rules'], {});
});

test('a rule holds from the moment it is there, also for a room that was sold from before', async () => {
  const id = await desk.room();
  await held(line(id, '08:00', '12:00'));
  await desk.patch(`/rooms/${id}`, { rules: { maxMinutes: 60 } });
  assert.equal((await hold(line(id, '12:00', '14:00'))).status, 422);
  await desk.patch(`/rooms/${id}`, { rules: null });
  await held(line(id, '12:00', '14:00'));
});

test('hours are those of the clock of the room, or of the company where it has none', async () => {
  const openingHours = { mon: [['08:00', '12:00']] };
  const ours = await desk.room({ openingHours });
  const theirs = await desk.room({ openingHours, timezone: 'Asia/Kathmandu' });
  assert.equal((await hold(line(ours, '08:00', '12:00'))).status, 201);
  assert.equal((await hold(line(theirs, '08:00', '12:00'))).status, 422);
  assert.equal((await hold(line(theirs, '02:15', '06:15'))).status, 201);
});

test('a change of the zone leaves what was promised where it is', async () => {
  const id = await desk.room({ timezone: 'Europe/Berlin', openingHours: { mon: [['08:00', '12:00']] } });
  const booking = await held(line(id, '06:00', '10:00'));
  await desk.patch(`/rooms/${id}`, { timezone: 'Pacific/Auckland' });
  const { lines } = await desk.read(booking);
  assert.equal(lines[0]?.start, at('06:00'));
  assert.equal((await desk.post(`/bookings/${booking}/confirm`)).status, 200);
});

test('buffers keep bookings apart by both together, to the minute, and lie outside of hours and blackouts', async () => {
  const id = await desk.room({
    rules: { bufferBeforeMinutes: 10, bufferAfterMinutes: 15 },
    openingHours: { mon: [['10:00', '13:00']] },
  });
  const booking = await held(line(id, '10:00', '11:00'));
  for (const from of ['11:00', '11:24'])
    assert.deepEqual(
      (await conflictsOf(line(id, from, '12:00'))).map(({ reason }) => reason),
      ['slot_taken'],
      from,
    );
  await held(line(id, '11:25', '12:00'));
  const shown = await desk.busy(id, at('09:00'), at('13:00'));
  assert.deepEqual(shown, [{ start: at('09:50'), end: at('12:15') }]);
  assert.partialDeepStrictEqual((await desk.read(booking)).lines[0], {
    start: at('10:00'),
    end: at('11:00'),
  });
});

test('without buffers a neighbour needs no gap', async () => {
  const id = await desk.room({ rules: { stepMinutes: 30 } });
  await held([line(id, '10:00', '11:00'), line(id, '11:00', '12:00')]);
  await held(line(id, '09:30', '10:00'));
});

test('a buffer at the end of all time is cut off there', async () => {
  const id = await desk.room({ rules: { bufferAfterMinutes: 1_440 } });
  await held(roomLine(id, '9999-12-31T22:00:00Z', '9999-12-31T23:59:00Z'));
});

test('a quota of bookings counts for each person, room and local day', async () => {
  const rules = { quota: { perDay: { bookings: 2 } } };
  const id = await desk.room({ rules, timezone: 'America/St_Johns' });
  // By the clock of St John's (UTC-2:30) Monday begins at 02:30.
  await held([line(id, '02:30', '03:00'), line(id, '10:00', '11:00')]);
  assert.deepEqual(await quotaHit(line(id, '12:00', '13:00')), [
    ['limit_reached', 'quota.perDay.bookings', 2, 0],
  ]);
  await held(line(id, '02:00', '02:30'));
  await held(line(id, '02:30', '03:00', 1));
  await held(line(id, '12:00', '13:00'), 'other');
  await held(line(await desk.room({ rules }), '12:00', '13:00'));
});

test('a quota of minutes counts a booking over midnight on the day it begins', async () => {
  const id = await desk.room({ rules: { quota: { perDay: { minutes: 120 } } } });
  await held({ ...line(id, '23:00', '23:30'), end: at('00:30', 1) });
  assert.deepEqual(await quotaHit(line(id, '10:00', '10:31')), [
    ['limit_reached', 'quota.perDay.minutes', 120, 30],
  ]);
  await held(line(id, '10:00', '10:30'));
  await held(line(id, '10:00', '12:00', 1));
});

test('a quota of a week runs from Monday to Sunday', async () => {
  const id = await desk.room({ rules: { quota: { perWeek: { bookings: 2, minutes: 600 } } } });
  await held([line(id, '10:00', '11:00'), line(id, '10:00', '11:00', 6)]);
  assert.deepEqual(await quotaHit(line(id, '10:00', '11:00', 3)), [
    ['limit_reached', 'quota.perWeek.bookings', 2, 0],
  ]);
  await held(line(id, '10:00', '11:00', 7));
  await held(line(id, '10:00', '11:00', -1));
});

test('lines of one hold count together against a quota', async () => {
  const id = await desk.room({ rules: { quota: { perDay: { bookings: 2 } } } });
  const three = [line(id, '10:00', '11:00'), line(id, '11:00', '12:00'), line(id, '12:00', '13:00')];
  assert.deepEqual(await quotaHit(three), [['limit_reached', 'quota.perDay.bookings', 2, 0]]);
  await held(three.slice(1));
});

test('a quota comes back with a cancelled line, a cancelled booking and an expired hold', async () => {
  const id = await desk.room({ rules: { quota: { perDay: { bookings: 2 } } } });
  const booking = await held([line(id, '10:00', '11:00'), line(id, '11:00', '12:00')]);
  await quotaHit(line(id, '12:00', '13:00'));
  assert.equal((await desk.post(`/bookings/${booking}/cancel`, { lines: [1] }, 'client')).status, 200);
  const second = await held(line(id, '12:00', '13:00'));
  await quotaHit(line(id, '13:00', '14:00'));
  assert.equal((await desk.post(`/bookings/${booking}/cancel`, {}, 'client')).status, 200);
  await held(line(id, '13:00', '14:00'));
  await quotaHit(line(id, '14:00', '15:00'));
  await expire(second);
  await held(line(id, '14:00', '15:00'));
});

/** Lets a hold run out by moving its expiry into the past, as time would. */
async function expire(booking: string): Promise<void> {
  for (const [table, id] of [
    ['booking', 'id'],
    ['interval_claim', 'booking_id'],
    ['stock_claim', 'booking_id'],
  ] as const)
    await desk.asOwner(
      `update engine.${table} set expires_at = now() - interval '1 second' where tenant_id = $1 and ${id} = $2`,
      [booking],
    );
}

test('a rescheduled line takes its quota along to the other day, and may move within a day that is used up', async () => {
  const id = await desk.room({ rules: { quota: { perDay: { bookings: 1, minutes: 60 } } } });
  const monday = await held(line(id, '10:00', '11:00'));
  const tuesday = await held(line(id, '10:00', '11:00', 1));
  const move = (booking: string, from: string, to: string, days = 0) =>
    desk.post(
      `/bookings/${booking}/reschedule`,
      { lines: [{ no: 1, start: at(from, days), end: at(to, days) }] },
      'client',
    );
  assert.equal((await move(monday, '10:30', '11:30')).status, 200);
  assert.equal((await move(monday, '12:00', '13:00', 1)).status, 409);
  assert.equal((await move(tuesday, '12:00', '13:00', 2)).status, 200);
  assert.equal((await move(monday, '12:00', '13:00', 1)).status, 200);
  await held(line(id, '10:00', '11:00'));
  assert.equal((await move(monday, '12:00', '13:30', 1)).status, 422);
});

test('a quota is exact when a person asks for everything at once', async () => {
  const id = await desk.room({ rules: { quota: { perDay: { bookings: 3 }, perWeek: { minutes: 200 } } } });
  const lines = Array.from({ length: 12 }, (_, i) =>
    line(id, `${String(8 + i).padStart(2, '0')}:00`, `${String(8 + i).padStart(2, '0')}:50`),
  );
  const answers = await Promise.all(lines.map((each) => hold(each)));
  assert.deepEqual(answers.filter(({ status }) => status === 201).length, 3);
  assert.ok(answers.every(({ status }) => status === 201 || status === 409));
  const week = await Promise.all(lines.slice(0, 6).map((each, i) => hold(moved(each, 1 + (i % 3)))));
  assert.equal(
    week.filter(({ status }) => status === 201).length,
    1,
    'a fourth booking of 50 minutes makes 200',
  );
});

function moved<L extends { start: string; end: string }>(given: L, days: number): L {
  const later = (text: string) => new Date(Date.parse(text) + days * 86_400_000).toISOString();
  return { ...given, start: later(given.start), end: later(given.end) };
}

test('a blackout tells which bookings lie under it and cancels none; what touches it or has only a buffer in it is none', async () => {
  const id = await desk.room({ rules: { bufferAfterMinutes: 30 } });
  await held(line(id, '08:00', '09:00')); // its buffer reaches to 09:30
  const under = await held([line(id, '09:30', '10:30'), line(id, '11:00', '12:00')]);
  await desk.post(`/bookings/${under}/confirm`);
  await held(line(id, '12:30', '13:00'));
  const cancelled = await held(line(id, '14:00', '15:00'));
  await desk.post(`/bookings/${cancelled}/cancel`);
  const made = await desk.post(`/rooms/${id}/blackouts`, {
    start: at('09:00'),
    end: at('12:30'),
    reason: 'Painting',
  });
  assert.equal(made.status, 201, made.text);
  assert.partialDeepStrictEqual(made.body, {
    roomId: id,
    start: at('09:00'),
    end: at('12:30'),
    reason: 'Painting',
    affectedCount: 2,
  });
  const affected = made.body['affected'] as {
    bookingId: string;
    line: number;
    state: string;
    start: string;
  }[];
  assert.deepEqual(
    affected.map(({ bookingId, line: no, state, start }) => [bookingId, no, state, start]),
    [
      [under, 1, 'confirmed', at('09:30')],
      [under, 2, 'confirmed', at('11:00')],
    ],
  );
  assert.equal((await desk.read(under)).state, 'confirmed');
});

test('nobody books over a blackout until it is removed; it is listed, and the room has moved on', async () => {
  const id = await desk.room();
  const made = await desk.post(`/rooms/${id}/blackouts`, { start: at('10:00'), end: at('12:00') });
  for (const [from, to] of [
    ['09:00', '10:01'],
    ['11:00', '11:30'],
    ['11:59', '13:00'],
  ] as const)
    assert.equal((await hold(line(id, from, to), 'admin')).body.errors[0]?.reason, 'blacked_out');
  const listed = (await desk.get(`/rooms/${id}/blackouts`)).body['data'] as { id: string; reason: null }[];
  assert.deepEqual(
    listed.map((each) => [each.id, each.reason]),
    [[made.body.id, null]],
  );
  assert.deepEqual((await desk.get(`/rooms/${id}/blackouts?from=${at('12:00')}`)).body['data'], []);
  assert.equal((await desk.get(`/rooms/${id}`)).body['version'], 2);
  const moving = await held(line(id, '12:00', '13:00'));
  const change = { lines: [{ no: 1, start: at('11:00'), end: at('12:30') }] };
  assert.equal((await desk.post(`/bookings/${moving}/reschedule`, change, 'client')).status, 422);
  assert.equal((await desk.remove(`/rooms/${id}/blackouts/${made.body.id}`)).status, 204);
  await held(line(id, '10:00', '12:00'));
  assert.equal((await desk.remove(`/rooms/${id}/blackouts/${made.body.id}`)).status, 404);
});

test('a booking that races with a blackout is either told of or refused, never overlooked', async () => {
  for (let round = 0; round < 15; round += 1) {
    const id = await desk.room();
    await held(line(id, '08:00', '09:00')); // the room is kept for selling by now
    const asked = Array.from({ length: 6 }, (_, i) => line(id, `1${i}:00`, `1${i}:30`));
    const holds = asked.map((each) => hold(each));
    const [made, ...answers] = await Promise.all([
      desk.post(`/rooms/${id}/blackouts`, { start: at('10:00'), end: at('18:00') }),
      ...holds,
    ]);
    const booked = answers.filter(({ status }) => status === 201).map(({ body }) => body.id);
    assert.ok(
      answers.every(({ status, body }) => status === 201 || body.errors[0]?.reason === 'blacked_out'),
    );
    const affected = made.body['affected'] as { bookingId: string }[];
    assert.deepEqual(affected.map(({ bookingId }) => bookingId).sort(), booked.sort());
  }
});
