import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FrontDesk, told, type Done } from '../../../test/front-desk.ts';

let desk: FrontDesk;
before(async () => (desk = await FrontDesk.open()));
after(() => desk.close());

const MINUTE_MS = 60_000;
const DAY = 1_440;
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS).toISOString();

/** A daily series of an hour, `count` times, whose first occurrence begins in ten minutes. */
async function series(count: number): Promise<Done> {
  const roomId = await desk.room();
  const [start, end] = [inMinutes(10), inMinutes(70)];
  return desk.booked([{ kind: 'room', roomId, start, end, rrule: `FREQ=DAILY;COUNT=${count}` }]);
}

const marked = ({ lines }: Done) =>
  lines.filter(({ checkedInAt }) => checkedInAt !== null).map(({ no }) => no);
const cancelled = ({ lines }: Done) =>
  lines.filter(({ cancelledAt }) => cancelledAt !== null).map(({ no }) => no);

test('checking in to a series marks the occurrence under way, again and again the same', async () => {
  const { id } = await series(4);
  await desk.backdate(id, 2 * DAY + 40);
  const came = await desk.done(`/bookings/${id}/check-in`);
  assert.deepEqual([marked(came), came.checkedInAt], [[3], null]);
  assert.deepEqual(await desk.done(`/bookings/${id}/check-in`), came);
});

test('check-in opens half an hour before, for the next occurrence alone', async () => {
  const { id } = await series(3);
  assert.deepEqual(marked(await desk.done(`/bookings/${id}/check-in`)), [1]);
  await desk.backdate(id, DAY - 25); // the second begins in 35 minutes
  const early = await desk.post(`/bookings/${id}/check-in`);
  assert.deepEqual([early.status, told(early)], [422, ['rule_violated', 'not_now']]);
  assert.deepEqual(marked(await desk.read(id)), [1]);
});

test('staff who name the occurrence check in at any time; a booking of one line needs no name', async () => {
  const { id } = await series(3);
  assert.deepEqual(marked(await desk.done(`/bookings/${id}/check-in`, { lines: [3] }, 'staff')), [3]);
  const roomId = await desk.room();
  const single = await desk.booked([
    { kind: 'room', roomId, start: inMinutes(DAY), end: inMinutes(DAY + 60) },
  ]);
  assert.ok((await desk.done(`/bookings/${single.id}/check-in`)).checkedInAt !== null);
});

test('a repeated check-in under its key is answered the same when its time is over', async () => {
  const { id } = await series(2);
  const again = () =>
    desk.ask('POST', `/bookings/${id}/check-in`, { body: {}, headers: { 'idempotency-key': 'came' } });
  const first = await again();
  await desk.backdate(id, 300);
  const second = await again();
  assert.deepEqual([second.status, second.text], [200, first.text]);
});

test('what is over is not moved, by staff neither, and nothing changes', async () => {
  const { id } = await series(3);
  await desk.backdate(id, DAY + 200); // two are over
  const before = await desk.read(id);
  for (const scope of ['this', 'following', 'all']) {
    const lines = [{ no: 2, start: inMinutes(5 * DAY), end: inMinutes(5 * DAY + 60) }];
    const refused = await desk.post(`/bookings/${id}/reschedule`, { lines, scope }, 'staff');
    assert.deepEqual(told(refused), ['rule_violated', 'in_past'], scope);
    assert.equal(refused.body.errors[0]?.pointer, '/lines/0/no');
  }
  assert.deepEqual(await desk.read(id), before);
  const moved = await desk.done(`/bookings/${id}/reschedule`, {
    lines: [{ no: 3, start: inMinutes(5 * DAY), end: inMinutes(5 * DAY + 60) }],
  });
  assert.equal(moved.state, 'confirmed');
});

test('what is under way may be given a later time', async () => {
  const { id } = await series(2);
  await desk.backdate(id, 30);
  const lines = [{ no: 1, start: inMinutes(120), end: inMinutes(180) }];
  assert.equal((await desk.done(`/bookings/${id}/reschedule`, { lines })).state, 'confirmed');
});

test('what is over is not cancelled by name, and is left when the rest is cancelled', async () => {
  const { id } = await series(4);
  await desk.backdate(id, DAY + 200);
  const cancel = (body: object) => desk.post(`/bookings/${id}/cancel`, body);
  const refused = await cancel({ lines: [3, 2] });
  assert.deepEqual(told(refused), ['rule_violated', 'in_past']);
  assert.equal(refused.body.errors[0]?.pointer, '/lines/1');
  assert.deepEqual(cancelled(await desk.read(id)), []);
  const following = await desk.done(`/bookings/${id}/cancel`, { lines: [2], scope: 'following' });
  assert.deepEqual([following.state, cancelled(following)], ['confirmed', [3, 4]]);
  for (const body of [{}, { scope: 'all' }, { lines: [4], scope: 'all' }, { lines: [4] }])
    assert.deepEqual((await cancel(body)).body, following, 'what can be cancelled is so already');
});

test('a booking that is over as a whole is not cancelled', async () => {
  const { id } = await series(2);
  await desk.backdate(id, 3 * DAY);
  const before = await desk.read(id);
  for (const body of [{}, { scope: 'all' }, { lines: [1], scope: 'following' }])
    assert.deepEqual(told(await desk.post(`/bookings/${id}/cancel`, body)), ['rule_violated', 'in_past']);
  assert.deepEqual(await desk.read(id), before);
  assert.equal((await desk.done(`/bookings/${id}/complete`)).state, 'completed');
});
