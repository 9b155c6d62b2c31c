import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openCalendar } from '../src/engine/calendar.ts';
import { openEngine, type Engine } from '../src/engine/index.ts';
import { createTenant } from '../src/people/tenant.ts';
import { openDatabase, type Database } from '../src/platform/db.ts';
import { statement } from '../src/platform/statement.ts';
import { uuidV7 } from '../src/platform/id.ts';
import { freshDatabase, silentLog, type FreshDatabase } from './database.ts';
import { hold, slot } from './engine-fixture.ts';
import { freePort, ordinaryUser } from './program.ts';

const PROGRAM = '/usr/sbin/pgbouncer';
const skip = existsSync(PROGRAM) ? false : 'PgBouncer is not installed (apt-get install pgbouncer)';

/** Debian's PgBouncer 1.18 in transaction mode, with one single connection to the server for everybody. */
async function startBouncer(database: FreshDatabase): Promise<{ url: string; stop(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-bouncer-'));
  const user = ordinaryUser(); // it refuses to run as root
  const port = await freePort();
  const to = new URL(database.servingUrl);
  const login = decodeURIComponent(to.username);
  const ini = `[databases]
pooled = host=${to.hostname} port=${to.port} dbname=${to.pathname.slice(1)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
pool_mode = transaction
default_pool_size = 1
auth_type = scram-sha-256
auth_file = ${join(home, 'users')}
`;
  await writeFile(join(home, 'ini'), ini);
  await writeFile(join(home, 'users'), `"${login}" "${decodeURIComponent(to.password)}"\n`);
  await chmod(home, 0o755);
  const child = spawn(PROGRAM, [join(home, 'ini')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  });
  await listening(child);
  const url = new URL(database.servingUrl);
  url.port = String(port);
  url.hostname = '127.0.0.1';
  url.pathname = '/pooled';
  return {
    url: url.href,
    stop: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
      await rm(home, { recursive: true });
    },
  };
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/process up/.test(said)) resolve();
    });
    child.once('exit', () => reject(new Error(`PgBouncer did not start: ${said}`)));
  });
}

const seenTenants = statement('test.seenTenants', {
  params: ['uuid'],
  columns: { tenants: 'int8' },
  text: `select count(distinct b.tenant_id) filter (where b.tenant_id <> $1) as tenants from engine.booking b`,
});

describe('through PgBouncer in transaction mode with a pool of one', { skip }, () => {
  let database: FreshDatabase;
  let bouncer: { url: string; stop(): Promise<void> };
  let db: Database;
  let engine: Engine;
  before(async () => {
    database = await freshDatabase();
    bouncer = await startBouncer(database);
    db = openDatabase({ url: bouncer.url, size: 6, named: false, log: silentLog });
    engine = openEngine({ db, log: silentLog, width: 3, guarded: true });
  });
  after(async () => {
    await engine.drain();
    await db.close();
    await bouncer.stop();
    await database.close();
  });

  test('two tenants book and read in turn, each sells its hours exactly once and sees only itself', async () => {
    const tenants = await Promise.all(['left', 'right'].map((slug) => createTenant(db, { slug })));
    const rooms = await Promise.all(
      tenants.map(async ({ id }) => {
        const room = uuidV7();
        await db.inTenant(id, (tx) => openCalendar(tx, room));
        return { tenant: id, room };
      }),
    );
    const sales = Array.from({ length: 60 }, (_, i) =>
      rooms.map(async ({ tenant, room }) => {
        const sold = await engine.perform(tenant, hold([slot(room, i % 20)]));
        const [seen] = await db.read(tenant, seenTenants);
        assert.equal(seen?.tenants, 0);
        return sold.result;
      }),
    );
    const results = await Promise.all(sales.flat());
    assert.equal(results.filter((result) => result === 'done').length, 40);
    assert.equal(results.filter((result) => result === 'refused').length, 80);
  });

  test('after a transaction nothing of its tenant is left on the shared connection', async () => {
    const [worker] = await db.asWorker((reads) => reads.run(currentTenant));
    assert.equal(worker?.tenant || null, null);
  });
});

const currentTenant = statement('worker.test.currentTenant', {
  params: [],
  columns: { tenant: 'text?' },
  text: `select current_setting('holdfast.tenant', true) as tenant`,
});
