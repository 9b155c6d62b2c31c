import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { call } from '../../test/app.ts';
import { freshDatabase, silentLog, type FreshDatabase } from '../../test/database.ts';
import { openEngine } from '../engine/index.ts';
import { kinds } from '../kinds/index.ts';
import { createKey } from '../people/key.ts';
import { createTenant } from '../people/tenant.ts';
import { openDatabase, type Database } from '../platform/db.ts';
import { DatabaseFault } from '../platform/fault.ts';
import { openMetrics, type Metrics, type Recent } from '../platform/metrics.ts';
import { buildApp } from './app.ts';

const TOKEN = 'a-token-of-the-operator';
const SLUG = 'secretive';

let database: FreshDatabase;
let metrics: Metrics;
let db: Database;
let app: FastifyInstance;
const slow: object[] = [];

before(async () => {
  database = await freshDatabase();
  metrics = openMetrics();
  const url = database.servingUrl;
  db = openDatabase({ url, size: 2, named: true, log: silentLog, watch: metrics });
  metrics.watchPool(db.pool);
  app = await openApp(TOKEN);
});
after(async () => {
  await app.close();
  await db.close();
  await database.close();
});

async function openApp(token?: string): Promise<FastifyInstance> {
  const engine = openEngine({ db, log: silentLog, width: 1, guarded: true, onBatch: metrics.batch });
  const slowRequest = (_: number, about: () => object) => void slow.push(about());
  return buildApp({ db, engine, log: silentLog, kinds, operator: { metrics, token, slowRequest } });
}

/** The value of one series, or undefined when there is none. */
async function series(name: string): Promise<number | undefined> {
  const { text } = await call(app, 'GET', '/metrics', { key: TOKEN });
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

test('requests, batches, statements and the pool are counted by names that the program fixes', async () => {
  const tenant = await createTenant(db, { slug: SLUG });
  const key = await createKey(db, tenant.id, { role: 'admin', name: 'of the test' });
  const room = { name: 'Blue', building: 'Main', capacity: 4 };
  const { body } = await call(app, 'POST', `/api/v1/${SLUG}/rooms`, { key, body: room });
  const line = {
    kind: 'room',
    roomId: body['id'],
    start: '2031-03-04T09:00:00Z',
    end: '2031-03-04T10:00:00Z',
  };
  const held = await call(app, 'POST', `/api/v1/${SLUG}/holds`, { key, body: { lines: [line] } });
  assert.equal(held.status, 201);
  const holds = 'method="POST",route="/api/v1/:tenant/holds",status="2xx"';
  assert.equal(await series(`holdfast_request_seconds_count{${holds}}`), 1);
  assert.equal(await series('holdfast_batch_commands_count'), 1);
  assert.equal(await series('holdfast_statement_rows_total{statement="engine.insertIntervals"}'), 1);
  assert.equal(await series('holdfast_pool_size'), 2);
  assert.equal(await series('holdfast_pool_waiting'), 0);
  const { text } = await call(app, 'GET', '/metrics', { key: TOKEN });
  for (const secret of [SLUG, tenant.id, String(body['id']), key])
    assert.ok(!text.includes(secret), `${secret} is told to whoever scrapes`);
  for (const name of ['nodejs_eventloop_lag_p99_seconds', 'nodejs_gc_duration_seconds_count'])
    assert.match(text, new RegExp(`^${name}`, 'm'));
});

test('URLs and methods that are made up add no series', async () => {
  const linesOf = async () => (await call(app, 'GET', '/metrics', { key: TOKEN })).text.split('\n').length;
  await call(app, 'GET', '/nothing');
  await linesOf();
  const before = await linesOf();
  for (let n = 0; n < 50; n++) await call(app, n % 2 === 0 ? 'PUT' : 'GET', `/nothing/${n}`);
  assert.equal(await linesOf(), before);
});

test('a request is told to the slow log by its route and id, and not by its URL', async () => {
  slow.length = 0;
  const headers = { 'x-request-id': 'mine' };
  await call(app, 'GET', `/api/v1/${SLUG}/rooms?search=private`, { headers });
  assert.deepEqual(slow, [{ requestId: 'mine', method: 'GET', route: '/api/v1/:tenant/rooms', status: 200 }]);
});

test('the last minute says how many requests there were and which were the slowest', async () => {
  const before = await recent();
  await metrics.remember();
  await call(app, 'GET', '/health/live');
  await call(app, 'GET', '/health/live');
  const { requests, pool } = await recent();
  assert.ok(before.requests.count > 3, 'what came before is counted from the start on');
  // The two, and the first look itself, which was answered after it had looked.
  assert.equal(requests.count, 2);
  assert.deepEqual(
    requests.slowest.map(({ route }) => route),
    ['GET /health/live'],
  );
  assert.ok((requests.p99Ms ?? 0) > 0);
  assert.equal(pool.size, 2);
});

async function recent(): Promise<Recent> {
  const { status, body } = await call(app, 'GET', '/api/v1/health/performance', { key: TOKEN });
  assert.equal(status, 200);
  return body as unknown as Recent;
}

test('where there is a token only who sends it sees anything', async () => {
  for (const url of ['/metrics', '/api/v1/health/performance'])
    for (const key of [undefined, '', 'wrong', `${TOKEN}x`]) {
      const { status, body, headers } = await call(app, 'GET', url, { key });
      assert.equal(status, 401, `${url} with ${key}`);
      assert.equal(body.code, 'unauthenticated');
      assert.match(String(headers['www-authenticate']), /^Bearer/);
    }
});

test('without a token this machine sees it, unless a proxy passed the request on', async () => {
  const open = await openApp();
  assert.equal((await call(open, 'GET', '/metrics')).status, 200);
  for (const header of ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])
    assert.equal((await call(open, 'GET', '/metrics', { headers: { [header]: '10.0.0.1' } })).status, 401);
  const from = (remoteAddress: string) => open.inject({ url: '/metrics', remoteAddress });
  assert.equal((await from('10.0.0.1')).statusCode, 401);
  assert.equal((await from('::1')).statusCode, 200);
  await open.close();
});

test('a transaction that finds all connections in use is told so within 2 s, and counted', async () => {
  const tenant = await createTenant(db, { slug: 'waiting' });
  let letGo: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (letGo = resolve));
  const holders: Promise<void>[] = [];
  for (let n = 0; n < 2; n++)
    await new Promise<void>((begun) => {
      const hold = () => (begun(), gone);
      holders.push(db.inTenant(tenant.id, hold));
    });
  const refused = db.look(tenant.id, () => Promise.resolve());
  assert.deepEqual(db.pool(), { size: 2, open: 2, inUse: 2, waiting: 1 });
  await assert.rejects(
    refused,
    (error: unknown) =>
      error instanceof DatabaseFault && error.kind === 'busy' && /DATABASE_POOL_SIZE/.test(error.message),
  );
  letGo();
  await Promise.all(holders);
  assert.equal(await series('holdfast_pool_refused_total'), 1);
  assert.equal(await series('holdfast_pool_in_use'), 0);
});
