import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { applyMigration, asOwner } from '../../src/platform/migrate.ts';
import { unless, type FaultRow } from './row.ts';
import type { Stage } from './stage.ts';

const LONGEST_MIGRATION_OUTAGE_MS = 2_000;
const SLOW_MIGRATION = {
  name: '9999_spare.sql',
  text: 'alter table engine.booking add column spare int',
  checksum: '',
};

/** A session that holds the rows of all rooms, as a defect or a stranger at psql would. */
async function lockRooms(url: string, tenant: string): Promise<{ client: pg.Client; pid: number }> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // ended by PostgreSQL: that is what is looked for
  await client.connect();
  await client.query(
    `begin; set local holdfast.tenant = '${tenant}'; select from engine.calendar for update`,
  );
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return { client, pid: rows[0]?.pid ?? 0 };
}

/** Whether whoever wanted a locked room was told "try again" and nothing else. */
function turnedAway(stage: Stage, from: number, to: number): string[] {
  const unknown = stage.told(from, to).filter(({ what }) => what === 'unknown');
  return [
    ...unless(unknown.length > 0, 'nobody was turned away'),
    ...unless(
      unknown.every((e) => e.what === 'unknown' && e.why === 'unavailable'),
      'not every answer was a 503',
    ),
  ];
}

export const hungBackend: FaultRow = {
  name: 'F5',
  fault: 'a backend that holds row locks is stopped (SIGSTOP)',
  strike: async (stage) => {
    const { client, pid } = await lockRooms(stage.postgres.servingUrl, stage.tenant);
    process.kill(pid, 'SIGSTOP');
    const from = Date.now();
    await wait(4_000);
    const reads = await readsDuring(stage);
    await wait(2_500);
    process.kill(pid, 'SIGCONT');
    const healed = await stage.untilServed(Date.now());
    const isThere = await stage.owner((owner) =>
      owner.query('select from pg_stat_activity where pid = $1', [pid]),
    );
    await client.end().catch(() => undefined);
    return [
      ...turnedAway(stage, from, Date.now()),
      ...reads,
      ...unless(healed < 3_000, `nobody was served for ${healed} ms after it went on`),
      ...unless(isThere.rowCount === 0, 'the idle transaction lives on'),
    ];
  },
};

/** The pool is not drained: what needs no locked row is answered. */
async function readsDuring(stage: Stage): Promise<string[]> {
  const begun = Date.now();
  const answers = await Promise.all(stage.servers.map((server) => server.call('GET', '/bookings?limit=1')));
  const took = Date.now() - begun;
  return [
    ...unless(
      answers.every(({ status }) => status === 200),
      'reads were refused meanwhile',
    ),
    ...unless(took < 1_000, `reads took ${took} ms meanwhile`),
  ];
}

export const lockTimeout: FaultRow = {
  name: 'T1',
  fault: 'rows locked by a stranger: lock_timeout',
  strike: (stage) => locked(stage, 5_000, '55P03'),
};

export const statementTimeout: FaultRow = {
  name: 'T2',
  fault: 'the same without lock_timeout: statement_timeout',
  prepare: (ownerUrl) =>
    asOwner(ownerUrl, (client) =>
      client.query('alter role holdfast_server in database holdfast set lock_timeout = 0'),
    ),
  strike: (stage) => locked(stage, 7_000, '57014'),
};

async function locked(stage: Stage, ms: number, sqlState: string): Promise<string[]> {
  const { client } = await lockRooms(stage.postgres.ownerUrl, stage.tenant);
  const from = Date.now();
  await wait(ms - 1_000);
  const reads = await readsDuring(stage);
  await wait(1_000);
  await client.end();
  const healed = await stage.untilServed(Date.now());
  return [
    ...turnedAway(stage, from, Date.now()),
    ...reads,
    ...unless(healed < 3_000, `nobody was served for ${healed} ms after ${sqlState} had no more reason`),
  ];
}

export const migrationBehindReader: FaultRow = {
  name: 'F26',
  fault: 'ALTER TABLE behind a long SELECT',
  strike: async (stage) => {
    const reader = new pg.Client({ connectionString: stage.postgres.ownerUrl });
    await reader.connect();
    await reader.query('begin; select from engine.booking limit 1');
    const from = Date.now();
    const migrated = stage.owner(async (owner) => {
      await owner.query('set lock_timeout = 1000'); // as `migrate` does
      await applyMigration(owner, SLOW_MIGRATION);
    });
    await wait(4_000);
    await reader.query('commit');
    await reader.end();
    await migrated; // as soon as the reader is gone
    await stage.untilServed(Date.now());
    const served = stage.told(from, Date.now()).filter(({ what }) => what === 'acknowledged');
    const marks = [from, ...served.map(({ at }) => at).sort((a, b) => a - b)];
    const outage = Math.max(...marks.map((at, i) => at - (marks[i - 1] ?? at)));
    return [...unless(outage <= LONGEST_MIGRATION_OUTAGE_MS, `nobody was served for ${outage} ms`)];
  },
};
