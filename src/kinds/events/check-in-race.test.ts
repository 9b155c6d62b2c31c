import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { call } from '../../../test/app.ts';
import { admission, BoxOffice } from '../../../test/box-office.ts';
import { silentLog } from '../../../test/database.ts';
import { openEngine } from '../../engine/index.ts';
import { bookingsById, lockBookings } from '../../engine/queries.ts';
import { buildApp } from '../../http/app.ts';
import { createKey } from '../../people/key.ts';
import { openDatabase, type Database, type Transaction } from '../../platform/db.ts';
import { asOwner } from '../../platform/migrate.ts';
import { openVault } from '../../platform/vault.ts';
import { kinds } from '../index.ts';
import { countedScans } from './scan-queries.ts';

const SCANS = 100;
let office: BoxOffice;
let key: string;
before(async () => {
  office = await BoxOffice.open();
  key = await createKey(office.web.database.db, office.tenant.id, { role: 'staff', name: 'door' });
});
after(() => office.close());

/** Two servers on the office's database, each with connections of its own; `seen` is how they see it. */
async function onTwoServers(
  work: (servers: FastifyInstance[]) => Promise<void>,
  seen: (db: Database) => Database = (db) => db,
): Promise<void> {
  const url = office.web.database.servingUrl;
  const pools = [1, 2].map(() => openDatabase({ url, size: 10, named: true, log: silentLog }));
  const servers = await Promise.all(
    pools.map((pool) => {
      const db = seen(pool);
      const engine = openEngine({ db, log: silentLog, width: 2, guarded: true });
      return buildApp({ db, engine, kinds, log: silentLog, vault: openVault('a secret of the tests') });
    }),
  );
  try {
    await work(servers);
  } finally {
    await Promise.all(servers.map((server) => server.close()));
    await Promise.all(pools.map((pool) => pool.close()));
  }
}

/** How many of a hundred scans of one ticket, all at the same moment, are let in. */
async function letIn(servers: readonly FastifyInstance[]): Promise<number> {
  const event = await office.event();
  const { body: booking } = await office.sold([admission(event, 'Floor', 1)]);
  const [ticket] = await office.tickets(booking['id']);
  const url = `/api/v1/${office.tenant.slug}/events/${event.id}/check-in`;
  const answers = await Promise.all(
    Array.from({ length: SCANS }, async (_, i) => {
      const server = servers[i % servers.length] ?? office.web.app;
      const body = { token: ticket?.token, at: new Date().toISOString(), device: `device ${i}` };
      for (let tries = 1; ; tries++) {
        const answer = await call(server, 'POST', url, { key, body });
        if (answer.status !== 503 || tries === 20) return answer; // a busy machine says: try again
      }
    }),
  );
  for (const { status, body, text } of answers)
    assert.ok(status === 200 || (status === 409 && body.errors[0]?.reason === 'ticket_used'), text);
  return answers.filter(({ status }) => status === 200).length;
}

test('of a hundred simultaneous scans of one ticket on two servers exactly one is let in', async () => {
  await onTwoServers(async (servers) => {
    assert.equal(await letIn(servers), 1);
    assert.equal(await letIn(servers), 1);
  });
  assert.deepEqual(await office.broken(), []);
});

// The last test of the file: it leaves the database without its guard.
test('control: without the lock and the constraint, more than one is let in', async () => {
  await asOwner(office.web.database.ownerUrl, (client) =>
    client.query('drop index events.scan_lets_in_once'),
  );
  await onTwoServers(async (servers) => assert.ok((await letIn(servers)) > 1), withoutLocks());
});

/**
 * Databases in which bookings are read where they should be locked. The first who has read which scans count waits for a
 * second: otherwise the race would be won by chance.
 */
function withoutLocks(): (db: Database) => Database {
  const two = Promise.withResolvers<void>();
  let readers = 0;
  const run =
    (tx: Transaction) =>
    async (of: unknown, ...rest: unknown[]) => {
      const rows: unknown = await Reflect.apply(tx.run, tx, [
        of === lockBookings ? bookingsById : of,
        ...rest,
      ]);
      if (of !== countedScans) return rows;
      if ((readers += 1) === 2) two.resolve();
      await two.promise;
      return rows;
    };
  const unlocked = (tx: Transaction) => ({ ...tx, run: run(tx) as Transaction['run'] });
  return (db) => ({
    ...db,
    inTenant: (tenant, work, deadlineMs) => db.inTenant(tenant, (tx) => work(unlocked(tx)), deadlineMs),
  });
}
