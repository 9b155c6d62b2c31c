import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fastify from 'fastify';
import { openServingNode, type ServingNode } from '../../test/serving-node.ts';
import { freshDatabase, type FreshDatabase } from '../../test/database.ts';
import { createKey } from '../people/key.ts';
import { createTenant } from '../people/tenant.ts';
import { openAskedAgain } from './asked-again.ts';
import type { Ready } from './ready.ts';

const ready: Ready = {
  body: Buffer.from('"kept"'),
  headers: { 'content-type': 'application/json; charset=utf-8', etag: '"1"' },
  tellsAll: true,
};

/** One route behind the hook, which remembers whoever comes through to it. */
async function remembering() {
  const clock = { at: 0, now: () => clock.at };
  const shown: { value: Ready | undefined } = { value: ready };
  const again = openAskedAgain({ 'x-standing': 'yes' }, clock);
  const app = fastify();
  let examined = 0;
  app.addHook('onRequest', again.hook);
  app.all('/', (request, reply) => {
    examined += 1;
    again.remember(request, () => shown.value);
    return reply.send('made');
  });
  await app.ready();
  const examines = async (headers: Record<string, string> = {}, method: 'GET' | 'POST' | 'HEAD' = 'GET') => {
    const before = examined;
    await app.inject({ method, url: '/', headers });
    return examined > before;
  };
  return { app, clock, shown, examines };
}

describe('what is asked again in the same words', () => {
  test('is examined once a second and no more', async () => {
    const { clock, examines } = await remembering();
    assert.equal(await examines(), true);
    clock.at = 999;
    assert.equal(await examines(), false);
    clock.at = 1_000;
    assert.equal(await examines(), true);
  });

  test('is examined when anything differs that the answer could depend on', async () => {
    const { examines } = await remembering();
    const key = { authorization: 'Bearer a', 'accept-encoding': 'zstd' };
    assert.equal(await examines(key), true);
    assert.equal(await examines(key), false);
    const others: Record<string, string>[] = [
      { ...key, authorization: 'Bearer b' },
      { ...key, 'accept-encoding': 'br' },
      { authorization: key.authorization },
      { 'accept-encoding': 'zstd' },
      { authorization: '' },
      { 'accept-encoding': '' },
      {},
    ];
    for (const other of others) assert.equal(await examines(other), true, JSON.stringify(other));
    for (const method of ['POST', 'HEAD'] as const) assert.equal(await examines(key, method), true);
  });

  test('is examined when the answer holds no longer, or is that there is none', async () => {
    const { shown, examines } = await remembering();
    await examines();
    shown.value = undefined;
    assert.equal(await examines(), true);
    shown.value = { problem: new Error('not found') as never };
    assert.equal(await examines(), true);
  });

  test('may be an answer that the caller has already', async () => {
    const { app, examines } = await remembering();
    await examines();
    const { statusCode, headers, body } = await app.inject({ url: '/', headers: { 'if-none-match': '"1"' } });
    assert.deepEqual([statusCode, headers['etag'], headers['x-standing'], body], [304, '"1"', 'yes', '']);
  });
});

describe('over the whole server', () => {
  let database: FreshDatabase;
  let node: ServingNode;
  let key: string;
  let other: string;

  before(async () => {
    database = await freshDatabase();
    const [acme, zenith] = [
      await createTenant(database.db, { slug: 'acme' }),
      await createTenant(database.db, { slug: 'zenith' }),
    ];
    key = await createKey(database.db, acme.id, { role: 'admin', name: 'tests' });
    other = await createKey(database.db, zenith.id, { role: 'admin', name: 'tests' });
    node = await openServingNode(database.servingUrl);
  });
  after(async () => {
    await node.close();
    await database.close();
  });

  const ask = (given: string | undefined, headers: Record<string, string> = {}) =>
    node.app.inject({
      url: '/api/v1/acme/rooms?limit=7',
      headers: { ...(given && { authorization: `Bearer ${given}` }), ...headers },
    });

  test('the answer and what stands above it are the same as when it was examined, and it is counted', async () => {
    await ask(key);
    const examined = await ask(key);
    const again = await ask(key);
    const changing = ['date', 'x-request-id', 'x-response-time', 'server-timing'];
    const standing = (headers: object) =>
      Object.entries(headers)
        .filter(([name]) => !changing.includes(name))
        .map(([name, value]) => `${name}: ${value}`)
        .sort();
    assert.deepEqual(standing(again.headers), standing(examined.headers));
    assert.deepEqual([again.statusCode, again.body], [200, examined.body]);
    assert.match(String(again.headers['x-request-id']), /^[0-9a-f-]{36}$/);
    assert.match(String(again.headers['x-response-time']), /^\d+\.\dms$/);
    assert.match(String(again.headers['server-timing']), /^total;dur=\d+\.\d$/);
    assert.equal((await ask(key, { 'x-request-id': 'mine' })).headers['x-request-id'], 'mine');
    assert.match(
      await node.metrics.text(),
      /holdfast_request_seconds_count\{method="GET",route="\/api\/v1\/:tenant\/rooms",status="2xx"\} 4/,
    );
  });

  test('nobody is let in because somebody else was', async () => {
    for (let round = 0; round < 3; round++) {
      assert.equal((await ask(key)).statusCode, 200);
      assert.equal((await ask(other)).statusCode, 401);
      assert.equal((await ask(`${key}x`)).statusCode, 401);
      assert.equal((await ask(undefined, { authorization: '' })).statusCode, 401);
      assert.equal((await ask(undefined)).statusCode, 200, 'the catalogue is public');
    }
  });
});
