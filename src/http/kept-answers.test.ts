import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshDatabase, type FreshDatabase } from '../../test/database.ts';
import { openServingNode, type ServingNode } from '../../test/serving-node.ts';
import { createKey } from '../people/key.ts';
import { createTenant } from '../people/tenant.ts';
import { DAY_MS } from '../platform/zone.ts';

let database: FreshDatabase;
let node: ServingNode;
let keys: Readonly<Record<'staff' | 'client', string>>;
before(async () => {
  database = await freshDatabase();
  const { db } = database;
  const { id } = await createTenant(db, { slug: 'acme' });
  keys = {
    staff: await createKey(db, id, { role: 'admin', name: 'tests' }),
    client: await createKey(db, id, { role: 'client', name: 'tests' }),
  };
  node = await openServingNode(database.servingUrl);
});
after(async () => {
  await node.close();
  await database.close();
});

const asked = (key: string, headers: Record<string, string> = {}) => ({
  authorization: `Bearer ${key}`,
  ...headers,
});
const get = (path: string, headers: Record<string, string> = asked(keys.staff)) =>
  node.app.inject({ url: `/api/v1/acme${path}`, headers });
async function post(path: string, body: object, status: number): Promise<string> {
  const headers = asked(keys.staff, { 'content-type': 'application/json' });
  const answer = await node.app.inject({
    method: 'POST',
    url: `/api/v1/acme${path}`,
    headers,
    payload: body,
  });
  assert.equal(answer.statusCode, status, answer.body);
  return answer.json<{ id: string }>().id;
}

const now = Date.now();
const iso = (at: number) => new Date(at).toISOString();
const quarter = `from=${iso(now - DAY_MS)}&to=${iso(now + DAY_MS)}`;

for (const path of [`/reports/bookings?${quarter}`, `/rooms/reports/rooms?${quarter}`])
  test(`${path.split('?')[0]} is kept as JSON until somebody books, for staff only, and made anew as CSV`, async () => {
    const room = await post(
      '/rooms',
      { name: `Room of ${path}`.slice(0, 40), building: 'Main', capacity: 5 },
      201,
    );
    assert.equal((await get(path)).headers['x-cache'], 'MISS');
    const kept = await get(path);
    assert.deepEqual([kept.statusCode, kept.headers['x-cache']], [200, 'HIT']);
    assert.equal(kept.headers['content-type'], 'application/json; charset=utf-8');

    const table = await get(path, asked(keys.staff, { accept: 'text/csv' }));
    assert.deepEqual(
      [table.headers['content-type'], table.headers['x-cache'], table.headers['cache-control']],
      ['text/csv; charset=utf-8', undefined, 'no-store'],
    );
    assert.equal((await get(path)).body, kept.body, 'the table was not kept in its place');
    assert.equal((await get(path, asked(keys.client))).statusCode, 403);
    assert.equal((await get(path, {})).statusCode, 401);

    const [start, end] = [iso(now + DAY_MS / 2), iso(now + DAY_MS / 2 + 3_600_000)];
    const held = await post('/holds', { lines: [{ kind: 'room', roomId: room, start, end }] }, 201);
    await post(`/bookings/${held}/confirm`, {}, 200);
    const after = await get(path);
    assert.equal(after.headers['x-cache'], 'MISS');
    assert.notEqual(after.body, kept.body);
  });

test('the page of a room stays kept when the room is booked, and goes when it is changed', async () => {
  const room = await post('/rooms', { name: 'Booked often', building: 'Main', capacity: 5 }, 201);
  const shown = async () => (await get(`/rooms/${room}`)).headers['x-cache'];
  assert.deepEqual([await shown(), await shown()], ['MISS', 'HIT']);
  const [start, end] = [iso(now + DAY_MS), iso(now + DAY_MS + 3_600_000)];
  await post('/holds', { lines: [{ kind: 'room', roomId: room, start, end }] }, 201);
  assert.equal(await shown(), 'HIT');
  const headers = asked(keys.staff, { 'content-type': 'application/json', 'if-match': '*' });
  const url = `/api/v1/acme/rooms/${room}`;
  await node.app.inject({ method: 'PATCH', url, headers, payload: { capacity: 6 } });
  assert.equal(await shown(), 'MISS');
});

test('the map of an event stays kept when its seats are sold, and goes when what is shown of it changes', async () => {
  const venueId = await post(
    '/venues',
    {
      name: 'Opera',
      sections: ['Stalls', 'Circle'].map((name) => ({
        name,
        kind: 'seated',
        rows: [{ name: 'A', seats: 2 }],
      })),
    },
    201,
  );
  const [startsAt, amountMinor] = [iso(now + DAY_MS), 1_000];
  const prices = [{ section: 'Stalls', amountMinor }];
  const tiers = [{ name: 'Members', amountMinor, sections: ['Circle'] }];
  const event = await post('/events', { name: 'Faust', venueId, startsAt, prices, tiers }, 201);
  await post(`/events/${event}/publish`, {}, 200);
  const shown = async () => {
    const answer = await get(`/events/${event}/seat-map`, asked(keys.client));
    return [answer.headers['x-cache'], answer.json<{ sections: object[] }>().sections.length];
  };
  assert.deepEqual([await shown(), await shown()], [['MISS', 2], ['HIT', 2]]); // prettier-ignore
  await post('/holds', { lines: [{ kind: 'bestSeats', eventId: event, quantity: 1 }] }, 201);
  assert.deepEqual(await shown(), ['HIT', 2]);
  const headers = asked(keys.staff, { 'content-type': 'application/json', 'if-match': '*' });
  const payload = { tiers: [{ name: 'Members', hidden: true, accessCodes: ['Rose Bud'] }] };
  await node.app.inject({ method: 'PATCH', url: `/api/v1/acme/events/${event}`, headers, payload });
  assert.deepEqual(await shown(), ['MISS', 1]);
});
