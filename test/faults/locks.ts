import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { applyMigration } from '../../src/platform/migrate.ts';
import { unless, type FaultRow } from './row.ts';
import type { Edit } from '../take-out.ts';
import type { Stage } from './stage.ts';

const LONGEST_MIGRATION_OUTAGE_MS = 2_000;
/** Every start of a server sets the defaults of its login, so that they are taken out of the server. */
export const NO_LOCK_TIMEOUT: Edit = {
  file: 'src/platform/migrate.ts',
  guard: `lock_timeout: '2s'`,
  instead: `lock_timeout: '0'`,
};
/** What a waiting backend may be late when the machine is busy. */
const LATE_MS = 1_000;
const LOOK_MS = 100;
const ENDS_WITHIN_MS = 2_000;

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
    const wokenAt = Date.now();
    const isGone = await ends(stage, pid);
    await client.end().catch(() => undefined);
    const healed = await stage.untilServed(wokenAt);
    return [
      ...turnedAway(stage, from, Date.now()),
      ...reads,
      ...unless(healed < 3_000, `nobody was served for ${healed} ms after it went on`),
      ...unless(isGone, 'the idle transaction lives on'),
    ];
  },
};

/** Whether a backend comes to its end by itself within a short time. */
async function ends(stage: Stage, pid: number): Promise<boolean> {
  return stage.owner(async (owner) => {
    for (const from = Date.now(); Date.now() - from < ENDS_WITHIN_MS; await wait(LOOK_MS)) {
      const there = await owner.query('select from pg_stat_activity where pid = $1', [pid]);
      if (there.rowCount === 0) return true;
    }
    return false;
  });
}

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
  strike: (stage) => locked(stage, 5_000, 2_000),
};

export const statementTimeout: FaultRow = {
  name: 'T2',
  fault: 'the same without lock_timeout: statement_timeout',
  edits: [NO_LOCK_TIMEOUT],
  strike: (stage) => locked(stage, 7_000, 4_000),
};

/** `limitMs`: how long PostgreSQL lets anybody wait. */
async function locked(stage: Stage, ms: number, limitMs: number): Promise<string[]> {
  const { client } = await lockRooms(stage.postgres.ownerUrl, stage.tenant);
  const from = Date.now();
  const waits = watchWaits(stage);
  await wait(ms - 1_000);
  const reads = await readsDuring(stage);
  await wait(1_000);
  const waited = await waits.stop();
  await client.end();
  const healed = await stage.untilServed(Date.now());
  return [
    ...turnedAway(stage, from, Date.now()),
    ...reads,
    ...unless(waited < limitMs + LATE_MS, `a backend has waited for a lock for ${waited} ms`),
    ...unless(healed < 3_000, `nobody was served for ${healed} ms after the rows were free`),
  ];
}

/**
 * Looks again and again for how long anybody has waited for a lock, also a backend whose server has long told everybody
 * to come again: it would go on waiting and then be in the way of others. Each lock by itself, as the timeout counts: in the
 * queue for a row there are two, to be the next and to have it.
 */
function watchWaits(stage: Stage): { stop(): Promise<number> } {
  let isOver = false;
  const watching = stage.owner(async (owner) => {
    let longest = 0;
    while (!isOver) {
      const { rows } = await owner.query<{ ms: number }>(
        `select coalesce(max(extract(epoch from clock_timestamp() - l.waitstart) * 1000), 0)::int as ms
          from pg_locks l join pg_stat_activity a on a.pid = l.pid
          where a.application_name = 'holdfast' and not l.granted`,
      );
      longest = Math.max(longest, rows[0]?.ms ?? 0);
      await wait(LOOK_MS);
    }
    return longest;
  });
  return {
    stop: () => {
      isOver = true;
      return watching;
    },
  };
}

export const migrationBehindReader: FaultRow = {
  name: 'F26',
  fault: 'ALTER TABLE behind a long SELECT',
  strike: (stage) => migrate(stage, 'alter table engine.booking add column spare int'),
};

/** Applies a migration as every start of a server does, behind somebody who reads for long. */
export async function migrate(stage: Stage, text: string): Promise<string[]> {
  const reader = new pg.Client({ connectionString: stage.postgres.ownerUrl });
  await reader.connect();
  await reader.query('begin; select from engine.booking limit 1');
  const from = Date.now();
  const migrated = stage.owner((owner) =>
    applyMigration(owner, { name: '9999_spare.sql', text, checksum: '' }),
  );
  await wait(4_000);
  await reader.query('commit');
  await reader.end();
  await migrated; // as soon as the reader is gone
  await stage.untilServed(Date.now());
  const served = stage.told(from, Date.now()).filter(({ what }) => what === 'acknowledged');
  const marks = [from, ...served.map(({ at }) => at).sort((a, b) => a - b)];
  const outage = Math.max(...marks.map((at, i) => at - (marks[i - 1] ?? at)));
  return unless(outage <= LONGEST_MIGRATION_OUTAGE_MS, `nobody was served for ${outage} ms`);
}
