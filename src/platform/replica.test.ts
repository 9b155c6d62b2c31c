import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { silentLog } from '../../test/database.ts';
import { runProgram } from '../../test/program.ts';
import { startStandby, type Standby } from '../../test/standby.ts';
import { POSTGRESQL_15, startSystemPostgres, type SystemPostgres } from '../../test/system-postgres.ts';
import { createKey } from '../people/key.ts';
import { tenantById } from '../people/queries.ts';
import { createTenant } from '../people/tenant.ts';
import { openDatabase, type Database } from './db.ts';
import { prepareLogins, SERVING_LOGIN } from './embedded/logins.ts';
import { asOwner, migrate } from './migrate.ts';
import { openReplica, type Replica } from './replica.ts';

const skip = existsSync(join(POSTGRESQL_15, 'pg_basebackup')) ? false : 'needs PostgreSQL 15';
const MAX_LAG_MS = 3_000;
/** One look that comes too late, the wait before it, and a machine that is busy. */
const NOT_LONG_MS = 2_500;

suite('reads from a streaming replica', { skip }, () => {
  let primary: SystemPostgres;
  let standby: Standby;
  let db: Database;
  let replica: Replica;
  let tenant: string;

  const poolOf = (of: string, login = SERVING_LOGIN) => {
    const url = new URL(of);
    url.username = login;
    return { url: url.href, size: 2, named: true, log: silentLog };
  };

  before(async () => {
    primary = await startSystemPostgres(POSTGRESQL_15, { wal_level: 'replica', max_wal_senders: '4' });
    const serving = new URL(primary.url);
    await asOwner(primary.url, (client) => prepareLogins(client, serving.password));
    await migrate(primary.url, SERVING_LOGIN);
    standby = await startStandby(primary.url);
    db = openDatabase(poolOf(primary.url));
    tenant = (await createTenant(db, { slug: 'acme' })).id;
    replica = openReplica({
      ...{ primary: db, pool: poolOf(standby.url), maxLagMs: MAX_LAG_MS, log: silentLog, everyMs: 50 },
    });
  });
  after(async () => {
    await replica.close();
    await db.close();
    await standby.close();
    await primary.close();
  });

  const until = async (what: () => boolean | Promise<boolean>) => {
    while (!(await what())) await wait(20);
  };
  const name = async () => (await replica.read(tenant, tenantById))[0]?.name;
  const onStandby = (sql: string) => asOwner(standby.url, (client) => client.query(sql));
  const rename = (to: string) =>
    asOwner(primary.url, (client) =>
      client.query(
        `begin; set local holdfast.tenant = '${tenant}'; update people.tenant set name = '${to}'; commit`,
      ),
    );

  test('are from it while it keeps up', async () => {
    await until(() => replica.state().usable);
    const { reads } = replica.state();
    assert.equal(await name(), 'acme');
    const looked = await replica.look(tenant, (tx) => tx.run(tenantById));
    assert.equal(looked[0]?.name, 'acme');
    assert.equal(replica.state().reads, reads + 2);
  });

  test('of reports, exports and lists that are not kept are from it, and no others', async (t) => {
    const key = await createKey(db, tenant, { role: 'admin', name: 'of the test' });
    const server = runProgram(['start'], {
      env: {
        ...{ PORT: '0', LOG_LEVEL: 'warn', OPERATOR_TOKEN: 'a-token-of-the-tests' },
        ...{ DATABASE_URL: poolOf(primary.url).url, DATABASE_REPLICA_URL: poolOf(standby.url).url },
        DATABASE_DIRECT_URL: primary.url,
      },
    });
    t.after(() => server.kill('SIGKILL'));
    const [, url = ''] = await server.says(/Holdfast serves on (\S+)/);
    const metric = async (what: string) => {
      const headers = { authorization: 'Bearer a-token-of-the-tests' };
      const text = await (await fetch(`${url}/metrics`, { headers })).text();
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith(what))
          ?.slice(what.length),
      );
    };
    const readsOf = async (path: string) => {
      const before = await metric('holdfast_replica_reads_total{from="replica"} ');
      const answer = await fetch(`${url}/api/v1/acme${path}`, {
        headers: { authorization: `Bearer ${key}` },
      });
      assert.equal(answer.status, 200, `${path}: ${await answer.text()}`);
      return (await metric('holdfast_replica_reads_total{from="replica"} ')) - before;
    };
    await until(async () => (await metric('holdfast_replica_usable ')) === 1);
    assert.ok((await metric('holdfast_replica_lag_seconds ')) < MAX_LAG_MS / 1_000);
    const window = '?from=2029-03-01T00:00:00Z&to=2029-03-02T00:00:00Z';
    const old = ['rooms', 'buildings', 'hours', 'bookings'].map((of) => `/rooms/reports/${of}${window}`);
    for (const path of ['/venues', '/buildings', '/terms', '/bookings/export', ...old])
      assert.equal(await readsOf(path), 1, path);
    for (const path of ['/rooms', '/events', '/bookings', '/clients', `/rooms/grid${window}`])
      assert.equal(await readsOf(path), 0, path);
    assert.equal(await metric('holdfast_replica_reads_total{from="primary"} '), 0);

    await standby.hang();
    server.kill('SIGINT');
    const { code, stderr } = await server.ended; // although the replica never says goodbye
    await standby.goOn();
    assert.equal(code, 0, stderr);
  });

  test('go to the primary when it stands still, and back when it has caught up', async () => {
    await onStandby('select pg_wal_replay_pause()');
    await rename('New name');
    await until(() => !replica.state().usable);
    assert.ok(replica.state().lagMs > MAX_LAG_MS);
    const { fallbacks } = replica.state();
    assert.equal(await name(), 'New name');
    assert.equal(replica.state().fallbacks, fallbacks + 1);
    await onStandby('select pg_wal_replay_resume()');
    await until(() => replica.state().usable);
    assert.equal(await name(), 'New name');
  });

  test('go to the primary before long when it hangs, those under way, too, and back when it goes on', async () => {
    await until(() => replica.state().usable);
    const from = performance.now();
    const { fallbacks } = replica.state();
    await standby.hang();
    assert.deepEqual(await Promise.all([name(), name(), name(), name()]), Array(4).fill('New name'));
    const tookMs = performance.now() - from;
    assert.ok(tookMs < NOT_LONG_MS, `${tookMs} ms`);
    assert.equal(replica.state().fallbacks, fallbacks + 4);
    assert.equal(replica.state().usable, false);
    const again = performance.now();
    assert.equal(await name(), 'New name');
    assert.ok(performance.now() - again < NOT_LONG_MS / 5);
    await standby.goOn();
    await until(() => replica.state().usable);
    assert.equal(await name(), 'New name');
  });

  test('never go to what is no replica of the primary, or to one under another login', async () => {
    for (const [url, login] of [
      [primary.url, SERVING_LOGIN],
      [standby.url, 'postgres'],
    ] as const) {
      const warned = Promise.withResolvers<string>();
      const log = { info: () => undefined, warn: (_: unknown, text?: string) => warned.resolve(text ?? '') };
      const foreign = openReplica({ primary: db, pool: poolOf(url, login), log, everyMs: 20 });
      assert.match(await warned.promise, /no replica of this database under the same login/);
      assert.equal((await foreign.read(tenant, tenantById))[0]?.name, 'New name');
      assert.deepEqual(foreign.state(), { usable: false, lagMs: Infinity, reads: 0, fallbacks: 1 });
      await foreign.close();
    }
  });

  test('go to the primary at once when it is gone', async () => {
    await until(() => replica.state().usable);
    await standby.kill();
    const from = performance.now();
    assert.equal(await name(), 'New name');
    assert.ok(performance.now() - from < NOT_LONG_MS / 5);
    await until(() => !replica.state().usable);
    assert.equal(await name(), 'New name');
  });
});
