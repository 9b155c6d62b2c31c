import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { freshDatabase, silentLog, type FreshDatabase } from '../../../test/database.ts';
import { runProgram } from '../../../test/program.ts';
import { openEngine } from '../../engine/index.ts';
import { buildApp } from '../../http/app.ts';
import { kinds } from '../../kinds/index.ts';
import { openMetrics, type Recent } from '../../platform/metrics.ts';

const TOKEN = 'a-token-of-the-operator';
const ROOMS = {
  ...{ hits: 970, misses: 30, loads: 12, waits: 18, failures: 0, stale: 0 },
  ...{ invalidations: 5, evictions: 2, fenced: 1, entries: 4, bytes: 2_560_000 },
};

let database: FreshDatabase;
let app: FastifyInstance;
let url: string;

before(async () => {
  database = await freshDatabase();
  const { db } = database;
  const metrics = openMetrics();
  metrics.watchCaches(() => new Map([['rooms', ROOMS]]));
  for (const outcome of ['hits', 'hits', 'misses', 'outdated', 'garbage', 'errors'] as const)
    metrics.shared('rooms', outcome, 0.2);
  metrics.shared('room', 'hits', 60);
  const engine = openEngine({ db, log: silentLog, width: 1, guarded: true });
  const operator = { metrics, token: TOKEN, slowRequest: () => undefined };
  app = await buildApp({ db, engine, log: silentLog, kinds, operator });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
after(async () => {
  await app.close();
  await database.close();
});

const stats = (env: Record<string, string>, ...more: string[]) =>
  runProgram(['perf', 'cache-stats', '--url', url, ...more], { env }).ended;

test('the figures of each cache come as a table and as JSON', async () => {
  const plain = await stats({ OPERATOR_TOKEN: TOKEN });
  assert.equal(
    plain.stdout,
    'cache  hits  misses    rate  loads  waits  evicted  entries    size\n' +
      'rooms   970      30  97.0 %     12     18        2        4  2.4 MB\n\n' +
      'in Redis  hits  misses     rate  outdated  garbage  errors  p50 ms  p95 ms\n' +
      'room         1       0  100.0 %         0        0       0    75.0    97.5\n' +
      'rooms        2       1   33.3 %         1        1       1     0.1     0.2\n',
  );
  const { code, stdout } = await stats({ OPERATOR_TOKEN: TOKEN }, '--json');
  assert.equal(code, 0);
  const { caches, shared } = JSON.parse(stdout) as Pick<Recent, 'caches' | 'shared'>;
  assert.deepEqual(caches, [{ cache: 'rooms', ...ROOMS }]);
  const { p50Ms: _, p95Ms: __, p99Ms: ___, ...rooms } = shared[1] ?? {};
  assert.deepEqual(rooms, {
    cache: 'rooms',
    ...{ hits: 2, misses: 1, outdated: 1, garbage: 1, errors: 1 },
  });
});

test('Prometheus reads them by name of the cache and word for what happened', async () => {
  const { payload } = await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${TOKEN}` } });
  assert.match(payload, /^holdfast_cache_events_total\{cache="rooms",event="hits"\} 970$/m);
  assert.match(payload, /^holdfast_cache_bytes\{cache="rooms"\} 2560000$/m);
  assert.doesNotMatch(payload, /event="(?:bytes|entries)"/);
  assert.match(payload, /^holdfast_shared_cache_seconds_count\{cache="rooms",outcome="hits"\} 2$/m);
  assert.match(payload, /^holdfast_shared_cache_seconds_count\{cache="rooms",outcome="errors"\} 1$/m);
});

test('who is not the operator, or finds no server, is told so and gets 2', async () => {
  const foreign = await stats({});
  assert.equal(foreign.code, 2);
  assert.match(foreign.stderr, /set OPERATOR_TOKEN/);
  const nobody = createServer().listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const { port } = nobody.address() as AddressInfo;
  nobody.close();
  const alone = await runProgram(['perf', 'cache-stats'], { env: { PORT: String(port) } }).ended;
  assert.equal(alone.code, 2);
  assert.match(alone.stderr, new RegExp(`No server answers at http://127.0.0.1:${port}`));
});
