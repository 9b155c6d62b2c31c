import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { call, type Call } from '../../test/app.ts';
import { freshDatabase, type FreshDatabase } from '../../test/database.ts';
import { noRedis, startRedis, type RunningRedis } from '../../test/redis.ts';
import { openServingNode, type ServingNode } from '../../test/serving-node.ts';
import { createKey } from '../people/key.ts';
import { createTenant } from '../people/tenant.ts';

describe('servers that share a Redis', { skip: noRedis }, () => {
  let database: FreshDatabase;
  let redis: RunningRedis;
  let here: ServingNode;
  let key: string;
  const nodes: ServingNode[] = [];

  before(async () => {
    database = await freshDatabase();
    redis = await startRedis();
    const tenant = await createTenant(database.db, { slug: 'acme' });
    key = await createKey(database.db, tenant.id, { role: 'admin', name: 'tests' });
    here = await openNode();
  });
  after(async () => {
    for (const node of nodes) await node.close();
    await redis.close();
    await database.close();
  });

  async function openNode(): Promise<ServingNode> {
    const node = await openServingNode(database.servingUrl, redis.url);
    nodes.push(node);
    return node;
  }

  const ask = (node: ServingNode, method: string, path: string, given: Call = {}) =>
    call(node.app, method, `/api/v1/acme${path}`, { key, ...given });
  const sharedOf = async ({ metrics }: ServingNode, name: string) =>
    (await metrics.recent()).shared.find(({ cache }) => cache === name);

  async function newRoom(name: string): Promise<string> {
    const { body } = await ask(here, 'POST', '/rooms', { body: { name, building: 'B', capacity: 4 } });
    return body['id'] as string;
  }

  let hour = 0;
  async function book(roomId: string): Promise<void> {
    const start = new Date(Date.UTC(2031, 0, 6, (hour += 2))).toISOString();
    const end = new Date(Date.UTC(2031, 0, 6, hour + 1)).toISOString();
    const { status } = await ask(here, 'POST', '/holds', {
      body: { lines: [{ kind: 'room', roomId, start, end }] },
    });
    assert.equal(status, 201);
  }

  /** A server that has just started and is connected to Redis: it asks for what nobody has until Redis says so. */
  async function startedNode(): Promise<ServingNode> {
    const node = await openNode();
    for (let n = 0; ; n++) {
      await ask(node, 'GET', `/rooms?search=nobody${n}`);
      const { misses = 0, hits = 0 } = (await sharedOf(node, 'rooms')) ?? {};
      if (misses + hits > 0) return node;
      await setImmediate();
    }
  }

  /** Until the path comes out of Redis for a server that starts. */
  async function untilShared(path: string): Promise<void> {
    for (;;) {
      const node = await startedNode();
      const before = (await sharedOf(node, 'rooms'))?.hits ?? 0;
      await ask(node, 'GET', path);
      if (((await sharedOf(node, 'rooms'))?.hits ?? 0) > before) return;
    }
  }

  test('give each other what the bookings made since then did not touch', async () => {
    const room = await newRoom('Booked meanwhile');
    const path = '/rooms?search=booked';
    await untilShared(path);
    for (let n = 0; n < 5; n++) await book(room);
    const node = await startedNode();
    const { hits: before = 0 } = (await sharedOf(node, 'rooms')) ?? {};
    await ask(node, 'GET', path);
    assert.equal((await sharedOf(node, 'rooms'))?.hits, before + 1);
  });

  test('never give each other what a change has touched, also to one that starts afterwards', async () => {
    await newRoom('Before');
    const path = '/rooms?search=before';
    await untilShared(path);
    await newRoom('Before too');
    const node = await startedNode();
    const { body } = await ask(node, 'GET', path);
    assert.equal((body['data'] as unknown[]).length, 2);
    assert.ok(((await sharedOf(node, 'rooms'))?.outdated ?? 0) > 0, 'the old answer was there');
  });
});
