import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call } from '../../test/app.ts';
import { freshDatabase, silentLog, type FreshDatabase } from '../../test/database.ts';
import { openServingNode, type ServingNode } from '../../test/serving-node.ts';
import { createKey } from '../people/key.ts';
import { createTenant, findTenant } from '../people/tenant.ts';
import type { Database } from '../platform/db.ts';
import { warmUp } from './warm.ts';

const ENOUGH_MS = 60_000;

let database: FreshDatabase;
let first: ServingNode;
const nodes: ServingNode[] = [];
const rooms = new Map<string, string>();

async function started(): Promise<ServingNode> {
  const node = await openServingNode(database.servingUrl);
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
