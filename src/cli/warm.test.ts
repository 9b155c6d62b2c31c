import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { call } from '../../test/app.ts';
import { freshDatabase, silentLog, type FreshDatabase } from '../../test/database.ts';
import { noRedis, startRedis, type RunningRedis } from '../../test/redis.ts';
import { openServingNode, type ServingNode } from '../../test/serving-node.ts';
import { createKey } from '../people/key.ts';
import { createTenant, findTenant } from '../people/tenant.ts';
import type { Database } from '../platform/db.ts';
import { asOwner } from '../platform/migrate.ts';
import { warmUp } from './warm.ts';

const ENOUGH_MS = 60_000;
const NEW_NAME = 'As PostgreSQL has it now';

let database: FreshDatabase;
let first: ServingNode;
const nodes: ServingNode[] = [];
const rooms = new Map<string, string>();

async function started(redisUrl?: string): Promise<ServingNode> {
  const node = await openServingNode(database.servingUrl, redisUrl);
  nodes.push(node);
  return node;
}

/** A company with a room; with a booking of it where one is asked for. */
async function company(slug: string, isBooked: boolean): Promise<void> {
  const tenant = await createTenant(database.db, { slug });
  const key = await createKey(database.db, tenant.id, { role: 'admin', name: 'tests' });
  const post = async (path: string, body: object) =>
    (await call(first.app, 'POST', `/api/v1/${slug}${path}`, { key, body })).body;
  const roomId = String((await post('/rooms', { name: 'Room', building: 'B', capacity: 4 }))['id']);
  rooms.set(slug, roomId);
  const lines = [{ kind: 'room', roomId, start: '2031-01-06T10:00:00Z', end: '2031-01-06T11:00:00Z' }];
  if (isBooked) assert.equal((await post('/holds', { lines }))['state'], 'held');
}

before(async () => {
  database = await freshDatabase();
  first = await started();
  await company('busy', true);
  await company('quiet', false);
});
after(async () => {
  for (const node of nodes) await node.close();
  await database.close();
});

async function cacheOf({ app }: ServingNode, url: string, encoding?: string): Promise<unknown> {
  const headers = encoding === undefined ? {} : { 'accept-encoding': encoding };
  return (await app.inject({ url: `/api/v1/${url}`, headers })).headers['x-cache'];
}

test('who comes first after a start gets the lists and entries of companies that are booked from out of memory', async () => {
  const cold = await started();
  assert.equal(await cacheOf(cold, 'busy/rooms'), 'MISS');
  const warm = await started();
  assert.ok((await warmUp({ ...warm, log: silentLog }, ENOUGH_MS)) > 0);
  const room = `busy/rooms/${rooms.get('busy')}`;
  for (const path of ['busy/rooms', room]) {
    assert.equal(await cacheOf(warm, path), 'HIT', path);
    for (const encoding of ['gzip', 'gzip, deflate, br', 'gzip, deflate, br, zstd'])
      assert.equal(await cacheOf(warm, path, encoding), 'HIT', `${path} ${encoding}`);
  }
  assert.equal(await cacheOf(warm, 'quiet/rooms'), 'MISS', 'nobody books there');
});

test('what was made beforehand is thrown away by a change like everything that is kept', async () => {
  const warm = await started();
  await warmUp({ ...warm, log: silentLog }, ENOUGH_MS);
  const { body } = await call(warm.app, 'GET', '/api/v1/busy/rooms');
  assert.equal((body['data'] as unknown[]).length, 1);
  const key = await createKey(database.db, (await findTenant(database.db, 'busy'))?.id ?? '', {
    role: 'admin',
    name: 'more',
  });
  const room = { name: 'Another', building: 'B', capacity: 4 };
  await call(warm.app, 'POST', '/api/v1/busy/rooms', { key, body: room });
  const { body: now } = await call(warm.app, 'GET', '/api/v1/busy/rooms');
  assert.equal((now['data'] as unknown[]).length, 2);
});

test('it is not waited for longer than it may take, and its failing is harmless', async () => {
  const node = await started();
  let begun = performance.now();
  const hung = { asWorker: () => new Promise<never>(() => undefined) } as unknown as Database;
  assert.equal(await warmUp({ app: node.app, db: hung, log: silentLog }, 50), 0);
  assert.ok(performance.now() - begun < 5_000);
  begun = performance.now();
  const broken = { asWorker: () => Promise.reject(new Error('not today')) } as unknown as Database;
  assert.equal(await warmUp({ app: node.app, db: broken, log: silentLog }, ENOUGH_MS), 0);
  assert.ok(performance.now() - begun < 5_000);
  assert.equal(await cacheOf(node, 'busy/rooms'), 'MISS');
});

describe('beside a Redis', { skip: noRedis }, () => {
  let redis: RunningRedis;
  let admin: Redis;
  let probes = 0;
  before(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
    const filling = await started(redis.url);
    await warmUp({ ...filling, log: silentLog }, ENOUGH_MS);
    while ((await admin.dbsize()) < 2); // the list of rooms, and the room
  });
  after(async () => {
    admin.disconnect();
    await redis.close();
  });

  /** Calls the room something else in PostgreSQL alone: no change tells of it, so whoever shows it has read it there. */
  async function rename(): Promise<void> {
    const tenant = (await findTenant(database.db, 'busy'))?.id;
    await asOwner(database.ownerUrl, async (client) => {
      await client.query(`set holdfast.tenant = '${tenant}'`);
      await client.query('update rooms.room set name = $2 where tenant_id = $1 and id = $3', [
        tenant,
        NEW_NAME,
        rooms.get('busy'),
      ]);
    });
  }

  /** A server that starts; connected to Redis once that says of something that nobody has it. */
  async function startedBeside(): Promise<ServingNode> {
    const node = await started(redis.url);
    while ((await counted(node, 'rooms')).misses === 0)
      await node.app.inject({ url: `/api/v1/quiet/rooms?search=nobody${(probes += 1)}` });
    return node;
  }

  async function counted({ metrics }: ServingNode, name: string) {
    const found = (await metrics.recent()).shared.find(({ cache }) => cache === name);
    return found ?? { hits: 0, garbage: 0, misses: 0 };
  }

  /** What the first to come is shown, and what Redis was found to have for it. */
  async function firstLook(node: ServingNode) {
    const of = async (path: string) => {
      const { headers, payload } = await node.app.inject({ url: `/api/v1/busy/${path}` });
      return { cache: headers['x-cache'], hasNewName: payload.includes(NEW_NAME) };
    };
    const { hits, garbage } = await counted(node, 'rooms');
    return { list: await of('rooms'), room: await of(`rooms/${rooms.get('busy')}`), hits, garbage };
  }

  test('a server that starts is given by it what another has made, and reads none of it from PostgreSQL', async () => {
    await rename();
    const warm = await startedBeside();
    await warmUp({ ...warm, log: silentLog }, ENOUGH_MS);
    const kept = { cache: 'HIT', hasNewName: false };
    assert.deepEqual(await firstLook(warm), { list: kept, room: kept, hits: 1, garbage: 0 });
  });

  test('what is garbage there is made anew, and harms nobody', async () => {
    for (const key of await admin.keys('*')) await admin.set(key, 'what somebody else wrote', 'KEEPTTL');
    const warm = await startedBeside();
    await warmUp({ ...warm, log: silentLog }, ENOUGH_MS);
    const made = { cache: 'HIT', hasNewName: true };
    assert.deepEqual(await firstLook(warm), { list: made, room: made, hits: 0, garbage: 1 });
  });
});
