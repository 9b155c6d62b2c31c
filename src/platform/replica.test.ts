import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { silentLog } from '../../test/database.ts';
import { startStandby, type Standby } from '../../test/standby.ts';
import { POSTGRESQL_15, startSystemPostgres, type SystemPostgres } from '../../test/system-postgres.ts';
import { tenantById } from '../people/queries.ts';
import { createTenant } from '../people/tenant.ts';
import { openDatabase, type Database } from './db.ts';
import { prepareLogins, SERVING_LOGIN } from './embedded/logins.ts';
import { asOwner, migrate } from './migrate.ts';
import { openReplica, type Replica } from './replica.ts';

const skip = existsSync(join(POSTGRESQL_15, 'pg_basebackup')) ? false : 'needs PostgreSQL 15';
const MAX_LAG_MS = 3_000;

suite('reads from a streaming replica', { skip }, () => {
  let primary: SystemPostgres;
  let standby: Standby;
  let db: Database;
  let replica: Replica;
  let tenant: string;

  before(async () => {
    primary = await startSystemPostgres(POSTGRESQL_15, { wal_level: 'replica', max_wal_senders: '4' });
    const serving = new URL(primary.url);
    await asOwner(primary.url, (client) => prepareLogins(client, serving.password));
    await migrate(primary.url, SERVING_LOGIN);
    standby = await startStandby(primary.url);
    const open = (of: string) => {
      const url = new URL(of);
      url.username = SERVING_LOGIN;
      return openDatabase({ url: url.href, size: 2, named: true, log: silentLog });
    };
    db = open(primary.url);
    tenant = (await createTenant(db, { slug: 'acme' })).id;
    replica = openReplica({
      ...{ primary: db, replica: open(standby.url), maxLagMs: MAX_LAG_MS, log: silentLog, everyMs: 50 },
    });
  });
  after(async () => {
    await replica.close();
    await db.close();
    await standby.close();
    await primary.close();
  });

  const until = async (what: () => boolean) => {
    while (!what()) await wait(20);
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
    assert.equal(replica.state().reads, reads + 1);
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

  test('go to the primary at once when it is gone', async () => {
    await standby.kill();
    assert.equal(await name(), 'New name');
    await until(() => !replica.state().usable);
    assert.equal(await name(), 'New name');
  });
});
