import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BoxOffice, type OnSale } from '../../../test/box-office.ts';

let office: BoxOffice;
before(async () => (office = await BoxOffice.open()));
after(() => office.close());

const floorOf = (event: OnSale) => `/events/${event.id}/sections/${event.section('Floor')}/capacity`;
const set = (event: OnSale, body: object, path = floorOf(event)) => office.ask('PUT', path, { body });
const floor = (event: OnSale, quantity: number) => ({
  ...{ kind: 'admission', eventId: event.id },
  ...{ sectionId: event.section('Floor'), quantity },
});

test('a section that is sold out sells as many places more as it is given, and as may be overbooked', async () => {
  const event = await office.event();
  assert.equal((await office.hold(floor(event, 50))).status, 201);
  assert.equal((await office.hold(floor(event, 1))).status, 409);
  const raised = await set(event, { capacity: 52, overbook: 1 });
  assert.deepEqual([raised.status, raised.body['capacity'], raised.body['available']], [200, 52, 3]);
  assert.equal((await office.hold(floor(event, 4))).status, 409);
  assert.equal((await office.hold(floor(event, 3))).status, 201);
  assert.deepEqual(
    (await set(event, { capacity: 53 })).body['available'],
    0,
    'repeated or not, it is what it says',
  );
});

test('a capacity below what is taken is refused, and the refusal says how low it can be', async () => {
  const event = await office.event();
  assert.equal((await office.hold(floor(event, 7))).status, 201);
  const lowered = await set(event, { capacity: 6 });
  assert.deepEqual([lowered.status, lowered.body['code']], [409, 'in_use']);
  const [fault] = lowered.body.errors as unknown as { reason: string; limit: number }[];
  assert.deepEqual([fault?.reason, fault?.limit], ['below_taken', 7]);
  assert.equal((await office.available(event))['Floor'], 43, 'nothing was changed');
  assert.equal((await set(event, { capacity: 7 })).body['available'], 0);
  assert.equal((await set(event, { capacity: 5, overbook: 2 })).body['available'], 0);
});

test('an expired hold does not stand in the way of a smaller capacity', async () => {
  const event = await office.event();
  const held = await office.post('/holds', { lines: [floor(event, 9)], ttlSeconds: 1 });
  assert.equal(held.status, 201);
  while ((await office.available(event))['Floor'] !== 50);
  assert.equal((await set(event, { capacity: 1 })).body['available'], 1);
});

test('capacities of seats, drafts, foreign sections and impossible numbers are refused', async () => {
  const event = await office.event();
  const draft = await office.draft();
  const seated = `/events/${event.id}/sections/${event.section('Stalls')}/capacity`;
  const crossed = `/events/${event.id}/sections/${draft.section('Floor')}/capacity`;
  const refusals = [
    [await set(event, { capacity: 21 }, seated), 422],
    [await set(draft, { capacity: 60 }), 409],
    [await set(event, { capacity: 60 }, crossed), 404],
    [await set(event, { capacity: -1 }), 422],
    [await set(event, { capacity: 2_147_483_647 }), 422],
    [await set(event, { overbook: 1 }), 422],
    [await office.ask('PUT', floorOf(event), { body: { capacity: 60 }, by: 'client' }), 403],
  ] as const;
  for (const [answer, status] of refusals) assert.equal(answer.status, status, answer.text);
});

test('afterwards every promise of the doctor holds', async () => {
  assert.deepEqual(await office.broken(), []);
});
