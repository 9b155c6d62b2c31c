import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { call, knock, type Call } from '../../test/app.ts';
import { freshDatabase, type FreshDatabase } from '../../test/database.ts';
import { openServingNode } from '../../test/serving-node.ts';
import { createKey } from '../people/key.ts';
import { createTenant } from '../people/tenant.ts';

const base = '/api/v1/acme';
let database: FreshDatabase;
let here: Node;
let there: Node;
let key: string;

type Node = Awaited<ReturnType<typeof openNode>>;

async function openNode() {
  const node = await openServingNode(database.servingUrl);
  const ask = (method: string, path: string, given: Call = {}) =>
    call(node.app, method, base + path, { key, ...given });
  return { ...node, ask };
}

async function newRoom(name: string): Promise<string> {
  const { status, body } = await here.ask('POST', '/rooms', { body: { name, building: 'B', capacity: 20 } });
  assert.equal(status, 201);
  return body['id'] as string;
}

const from = '2031-03-03T00:00:00Z';
const to = '2031-03-04T00:00:00Z';
const availabilityOf = (room: string) => `/rooms/${room}/availability?from=${from}&to=${to}`;

/** Asks until `is` says so: for what another process learns a moment later. */
async function until<T>(ask: () => Promise<T>, is: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (is(answer)) return answer;
    await setImmediate(); // answers from memory alone would leave no room for what comes over sockets
  }
}

before(async () => {
  database = await freshDatabase();
  const tenant = await createTenant(database.db, { slug: 'acme' });
  key = await createKey(database.db, tenant.id, { role: 'admin', name: 'tests' });
  [here, there] = await Promise.all([openNode(), openNode()]);
});
after(async () => {
  await Promise.all([here.close(), there.close()]);
  await database.close();
});

describe('an answer that is kept', () => {
  test('is the same bytes again, with a tag that makes the next one a 304', async () => {
    const room = await newRoom('Once');
    for (const path of [
      '/rooms',
      `/rooms/${room}`,
      availabilityOf(room),
      `/rooms/grid?from=${from}&to=${to}`,
      `/rooms/availability?from=${from}&to=${to}`,
      '/events',
    ]) {
      const first = await here.ask('GET', path);
      const second = await here.ask('GET', path);
      assert.deepEqual([first.status, second.status, second.text], [200, 200, first.text], path);
      assert.equal(second.headers['x-cache'], 'HIT', path);
      assert.equal(second.headers['cache-control'], 'private, no-cache');
      assert.match(String(second.headers['server-timing']), /^total;dur=\d+\.\d$/);
      assert.match(String(second.headers['x-response-time']), /^\d+\.\dms$/);
      const etag = String(first.headers['etag']);
      const known = await here.ask('GET', path, { headers: { 'if-none-match': `"other", ${etag}` } });
      assert.deepEqual([known.status, known.text, known.headers['etag']], [304, '', etag], path);
    }
  });

  test('is sent compressed as the caller takes it, made once', async () => {
    for (let n = 0; n < 12; n++) await newRoom(`Long list ${n}`);
    const plain = await here.ask('GET', '/rooms?limit=50');
    const undo = { zstd: zstdDecompressSync, br: brotliDecompressSync, gzip: gunzipSync };
    for (const [encoding, header] of [
      ['zstd', 'gzip, deflate, br, zstd'],
      ['br', 'gzip;q=1.0, br'],
      ['gzip', 'br;q=0, gzip'],
    ] as const) {
      const headers = { authorization: `Bearer ${key}`, 'accept-encoding': header };
      for (const expected of ['MISS', 'HIT']) {
        const answer = await knock(here.app, { url: `${base}/rooms?limit=50`, headers });
        assert.equal(answer.headers['content-encoding'], encoding);
        assert.equal(answer.headers['x-cache'], expected);
        assert.equal(answer.headers['etag'], plain.headers['etag']);
        assert.equal(undo[encoding](answer.rawPayload).toString(), plain.text);
      }
    }
    const { loads = 0 } = here.cache.counts().get('rooms') ?? {};
    const headers = { authorization: `Bearer ${key}`, 'accept-encoding': 'zstd' };
    await knock(here.app, { url: `${base}/rooms?limit=50`, headers });
    assert.equal(here.cache.counts().get('rooms')?.loads, loads);
  });

  test('is one load for 200 who ask at once', async () => {
    const loads = () => here.cache.counts().get('rooms')?.loads ?? 0;
    const earlier = loads();
    const url = '/rooms?search=nothing';
    const answers = await Promise.all(Array.from({ length: 200 }, () => here.ask('GET', url)));
    assert.ok(answers.every(({ status }) => status === 200));
    assert.equal(loads() - earlier, 1);
  });

  test('shows drafts to staff and not to those who come after them', async () => {
    const venue = { name: 'Hall', sections: [{ name: 'Floor', kind: 'standing', capacity: 10 }] };
    const { body: made } = await here.ask('POST', '/venues', { body: venue });
    const { body: draft } = await here.ask('POST', '/events', {
      body: {
        name: 'Secret',
        venueId: made['id'],
        startsAt: '2031-05-01T18:00:00Z',
        prices: [{ section: 'Floor', amountMinor: 1_000 }],
      },
    });
    for (const path of [`/events/${String(draft['id'])}`, `/events/${String(draft['id'])}/inventory`]) {
      assert.equal((await here.ask('GET', path)).status, 200);
      assert.equal((await call(here.app, 'GET', base + path)).status, 404);
      assert.equal((await call(here.app, 'GET', base + path)).headers['x-cache'], 'HIT', 'a 404 is kept too');
      assert.equal((await here.ask('GET', path)).headers['x-cache'], 'HIT');
    }
    await here.ask('POST', `/events/${String(draft['id'])}/publish`, { body: {} });
    assert.equal((await call(here.app, 'GET', `${base}/events/${String(draft['id'])}`)).status, 200);
  });

  test('is not what an access code unlocks: that is kept for nobody, and nobody else is shown it', async () => {
    const venue = { name: 'Club', sections: [{ name: 'Floor', kind: 'standing', capacity: 10 }] };
    const { body: made } = await here.ask('POST', '/venues', { body: venue });
    const { body: event } = await here.ask('POST', '/events', {
      body: {
        ...{ name: 'Gala', venueId: made['id'], startsAt: '2031-05-01T18:00:00Z' },
        prices: [{ section: 'Floor', amountMinor: 1_000 }],
        tiers: [{ name: 'Members', amountMinor: 1, hidden: true, accessCodes: ['tulip'] }],
      },
    });
    await here.ask('POST', `/events/${String(event['id'])}/publish`, { body: {} });
    for (const path of [`/events/${String(event['id'])}`, `/events/${String(event['id'])}/inventory`]) {
      const look = (query: string) => call(here.app, 'GET', `${base}${path}${query}`);
      await look('');
      for (const query of ['?accessCode=tulip', '?accessCode=tulip', '?accessCode=rose']) {
        const { headers, text } = await look(query);
        assert.deepEqual([headers['cache-control'], headers['x-cache']], ['no-store', undefined], path);
        assert.equal(text.includes('Members'), query.endsWith('tulip'), path);
      }
      const open = await look('');
      assert.deepEqual([open.headers['x-cache'], open.text.includes('Members')], ['HIT', false]);
      assert.ok((await here.ask('GET', path)).text.includes('Members'), 'staff see it');
    }
  });

  test('does not count as the entry it tells of: the version of an event makes no 304', async () => {
    const { body } = await here.ask('GET', '/events');
    const [event] = body['data'] as { id: string }[];
    const { headers } = await here.ask('GET', `/events/${event?.id}`);
    const again = { headers: { 'if-none-match': String(headers['etag']) } };
    assert.equal((await here.ask('GET', `/events/${event?.id}`, again)).status, 200);
  });
});

describe('what was written', () => {
  test('is seen at once by who wrote it, however many read the same meanwhile', async () => {
    const room = await newRoom('Read your writes');
    let isOver = false;
    const readers = Array.from({ length: 8 }, async () => {
      for (; !isOver; await setImmediate()) await here.ask('GET', `/rooms/${room}`);
    });
    for (let capacity = 1; capacity <= 40; capacity++) {
      const { headers } = await here.ask('GET', `/rooms/${room}`);
      const ifMatch = { 'if-match': String(headers['etag']) };
      const changed = await here.ask('PATCH', `/rooms/${room}`, { body: { capacity }, headers: ifMatch });
      assert.equal(changed.status, 200);
      assert.equal((await here.ask('GET', `/rooms/${room}`)).body['capacity'], capacity);
    }
    isOver = true;
    await Promise.all(readers);
  });

  test('of a booking is seen at once in what is free, and when it is cancelled', async () => {
    const room = await newRoom('Booked');
    const busy = async () => ((await here.ask('GET', availabilityOf(room))).body['busy'] as unknown[]).length;
    const line = { kind: 'room', roomId: room, start: '2031-03-03T10:00:00Z', end: '2031-03-03T11:00:00Z' };
    for (let round = 0; round < 5; round++) {
      assert.equal(await busy(), 0);
      const held = await here.ask('POST', '/holds', { body: { lines: [line] } });
      assert.equal(held.status, 201, held.text);
      assert.equal(await busy(), 1);
      await here.ask('POST', `/bookings/${String(held.body['id'])}/cancel`, { body: {} });
    }
  });

  test('is seen by another process a moment later, as the feed tells it', async () => {
    const room = await newRoom('Elsewhere');
    const capacityThere = async () => (await there.ask('GET', `/rooms/${room}`)).body['capacity'];
    await until(capacityThere, (capacity) => capacity === 20);
    for (let capacity = 31; capacity <= 35; capacity++) {
      const { headers } = await here.ask('GET', `/rooms/${room}`);
      const ifMatch = { 'if-match': String(headers['etag']) };
      await here.ask('PATCH', `/rooms/${room}`, { body: { capacity }, headers: ifMatch });
      await until(capacityThere, (seen) => seen === capacity);
    }
    const { invalidations = 0 } = there.cache.counts().get('room') ?? {};
    assert.ok(invalidations >= 5, 'it was not the feed that threw the old answers away');
  });
});
