import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FrontDesk, told, type Done } from '../../../test/front-desk.ts';

let desk: FrontDesk;
before(async () => (desk = await FrontDesk.open()));
after(() => desk.close());

const hour = (of: number, day = 6) => new Date(Date.UTC(2031, 0, day, of)).toISOString();
const line = (roomId: string, from: number, hours = 1) => ({
  ...{ kind: 'room', roomId },
  ...{ start: hour(from), end: hour(from + hours) },
});
/** A room in which requests of clients compete, and staff book without being asked. */
const competing = (more: object = {}) =>
  desk.room({
    rules: { approval: 'required', approvalMode: 'competing', approvalRoles: ['staff', 'admin'], ...more },
  });
const stateOf = async ({ id }: Done) => (await desk.read(id)).state;
const approve = ({ id }: Done) => desk.post(`/bookings/${id}/approve`, {}, 'staff');
const changesOf = ({ id }: Done) =>
  desk.asOwner<{ type: string; payload: object }>(
    'select type, payload from engine.change where tenant_id = $1 and booking_id = $2 order by seq',
    [id],
  );

test('whoever books without approval is shown the requests for that time, and settles them with the confirmation', async () => {
  const room = await competing();
  const lost = await desk.held([line(room, 9, 2), line(room, 15)], 'client');
  const apart = await desk.held([line(room, 12)], 'other');
  const previewed = await desk.post('/holds/preview', { lines: [line(room, 10)] }, 'staff');
  const [shown] = previewed.body.lines;
  assert.deepEqual([shown?.free, shown?.colliding], [true, [lost.id]]);
  const own = await desk.held([line(room, 10)], 'staff');
  const { body } = await desk.get(`/bookings/${own.id}/colliding`, 'staff');
  assert.deepEqual(
    (body['data'] as Done[]).map(({ id }) => id),
    [lost.id],
  );
  assert.equal(await stateOf(lost), 'requested', 'a hold may lapse yet');
  await desk.done(`/bookings/${own.id}/confirm`, {}, 'staff');
  assert.deepEqual([await stateOf(lost), await stateOf(apart)], ['declined', 'requested']);
  assert.deepEqual((await changesOf(lost)).at(-1), {
    type: 'booking.declined',
    payload: { reason: 'Somebody else has booked this time.', settledBy: own.id },
  });
  const wishes = await desk.asOwner('select from engine.wish where tenant_id = $1 and booking_id = $2', [
    lost.id,
  ]);
  assert.equal(wishes.length, 0);
});

test('a client is shown nobody else in a preview', async () => {
  const room = await competing();
  await desk.held([line(room, 9)], 'other');
  const { text } = await desk.post('/holds/preview', { lines: [line(room, 9)] }, 'client');
  assert.doesNotMatch(text, /colliding/);
});

test('a hold that is given back settles nobody, and where requests are left they go on waiting', async () => {
  const [room, patient] = [await competing(), await competing({ collidingRequests: 'leave' })];
  const request = await desk.held([line(room, 9)], 'client');
  const tried = await desk.held([line(room, 9)], 'staff');
  await desk.done(`/bookings/${tried.id}/cancel`, {}, 'staff');
  assert.equal(await stateOf(request), 'requested');
  const left = await desk.held([line(patient, 9)], 'client');
  await desk.booked([line(patient, 9)], 'staff');
  assert.equal(await stateOf(left), 'requested');
});

test('a booking that is moved onto a time that others asked for settles them too; one that asks itself does not', async () => {
  const room = await competing();
  const request = await desk.held([line(room, 9)], 'client');
  const asking = await desk.held([line(room, 12)], 'other');
  const to = (from: number) => ({ lines: [{ no: 1, start: hour(from), end: hour(from + 1) }] });
  await desk.done(`/bookings/${asking.id}/reschedule`, to(9), 'other');
  assert.equal(await stateOf(request), 'requested');
  const own = await desk.booked([line(room, 14)], 'staff');
  await desk.done(`/bookings/${own.id}/reschedule`, to(9), 'staff');
  assert.deepEqual([await stateOf(request), await stateOf(asking)], ['declined', 'declined']);
});

test('confirming at the same time as another is approved: one of them has the time, and nobody waits for it', async () => {
  for (let round = 0; round < 5; round++) {
    const room = await competing();
    const request = await desk.held([line(room, 9)], 'client');
    const rival = await desk.held([line(room, 9)], 'other');
    const own = await desk.held([line(room, 9)], 'staff');
    const [confirmed, approved] = await Promise.all([
      desk.post(`/bookings/${own.id}/confirm`, {}, 'staff'),
      approve(request),
    ]);
    assert.equal(confirmed.status, 200);
    assert.equal(approved.status, 409);
    assert.deepEqual([await stateOf(request), await stateOf(rival)], ['declined', 'declined']);
  }
});

test('a request whose room was blacked out since is not approved until the blackout goes, of either mode', async () => {
  for (const approvalMode of ['exclusive', 'competing']) {
    const room = await desk.room({ rules: { approval: 'required', approvalMode } });
    const request = await desk.held([line(room, 9), line(room, 14)], 'client');
    if (approvalMode === 'exclusive') await desk.done(`/bookings/${request.id}/confirm`, {}, 'client');
    const blackout = await desk.made(`/rooms/${room}/blackouts`, { start: hour(13), end: hour(15) });
    const refused = await approve(request);
    assert.deepEqual([refused.status, ...told(refused)], [422, 'rule_violated', 'blacked_out']);
    assert.match(refused.body.detail, /^Line 2: .* Remove the blackout, or decline the request\.$/);
    assert.equal(await stateOf(request), 'requested');
    await desk.ask('DELETE', `/rooms/${room}/blackouts/${blackout.id}`);
    assert.equal((await approve(request)).status, 200);
  }
});

test('a room that was taken out of the catalogue is not given to who asked before', async () => {
  const room = await competing();
  const request = await desk.held([line(room, 9)], 'client');
  await desk.ask('PATCH', `/rooms/${room}`, { body: { archived: true }, headers: { 'if-match': '*' } });
  assert.deepEqual(told(await approve(request)), ['rule_violated', 'archived']);
  assert.equal(await stateOf(request), 'requested');
});

test('an approval and a blackout at once: it is refused, or the blackout tells of a confirmed booking', async () => {
  let refusals = 0;
  for (let round = 0; round < 8; round++) {
    const room = await competing();
    const request = await desk.held([line(room, 9)], 'client');
    const [approved, made] = await Promise.all([
      approve(request),
      desk.post(`/rooms/${room}/blackouts`, { start: hour(9), end: hour(10) }),
    ]);
    const [affected] = made.body['affected'] as { state: string }[];
    assert.equal(affected?.state, approved.status === 200 ? 'confirmed' : 'requested');
    if (approved.status !== 200) refusals += 1;
  }
  assert.ok(refusals <= 8);
});

test('of one client so many requests wait at most, also when they come at once; an answer makes room for another', async () => {
  const room = await competing();
  const ask = (i: number) => desk.post('/holds', { lines: [line(room, i)] }, 'other');
  await desk.asOwner(`delete from engine.wish where tenant_id = $1`);
  await desk.asOwner(`update engine.booking set state = 'declined', expires_at = null
    where tenant_id = $1 and state = 'requested'`);
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => ask(i)));
  const made = answers.filter(({ status }) => status === 201);
  const refused = answers.find(({ status }) => status !== 201);
  assert.equal(made.length, 50);
  assert.ok(refused !== undefined);
  assert.deepEqual([refused.status, ...told(refused)], [409, 'capacity_unavailable', 'limit_reached']);
  assert.partialDeepStrictEqual(refused.body['conflicts'], [
    { line: 1, rule: 'openRequests', limit: 50, available: 0 },
  ]);
  assert.deepEqual(refused.body['alternatives'], []);
  const previewed = await desk.post('/holds/preview', { lines: [line(room, 100)] }, 'other');
  assert.equal(previewed.body['possible'], false);
  assert.equal(
    (await desk.post('/holds', { lines: [line(room, 100)] }, 'client')).status,
    201,
    'somebody else',
  );
  await desk.done(`/bookings/${made[0]?.body.id}/cancel`, {}, 'other');
  assert.deepEqual([(await ask(100)).status, (await ask(101)).status], [201, 409]);
});
