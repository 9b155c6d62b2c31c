import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Database } from './db.ts';
import { asFault } from './fault.ts';
import { statement } from './statement.ts';

/**
 * Whoever waits for a lock on a table makes everybody wait behind it: a migration gives up before that is an outage,
 * lets the others pass and tries again.
 */
const MIGRATION_LOCK_TIMEOUT_MS = 1_000;
const LOCK_TRIES = 20;
const LOCK_PAUSE_MS = 500;

const FOLDER = new URL('../../db/migrations/', import.meta.url);
const LOCK = 7_301_556_120_041; // any number that nobody else uses: one migrator at a time

/** What every serving session gets, as defaults of its login role (start-up options do not survive PgBouncer). */
const SERVING_DEFAULTS: Readonly<Record<string, string>> = {
  role: 'holdfast_app',
  timezone: 'UTC',
  statement_timeout: '4s',
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '5s',
  jit: 'off', // compiling costs more than the short statements here take
};

export class MigrationError extends Error {}

export interface Migration {
  name: string;
  text: string;
  checksum: string;
}

/**
 * Brings the database at `ownerUrl` to the newest schema and lets `servingLogin` serve as `holdfast_app`.
 * Returns the names of the migrations applied now. Throws MigrationError when an applied file was edited or the
 * database is newer than this program.
 */
export async function migrate(ownerUrl: string, servingLogin: string): Promise<string[]> {
  return asOwner(ownerUrl, async (client) => {
    // Another server's migration may take its time. The lock is the session's and outlives the transaction.
    await client.query(`begin; set local lock_timeout = 0; select pg_advisory_lock(${LOCK}); commit`);
    await client.query(`create schema if not exists platform;
      create table if not exists platform.migration (
        name text not null primary key, checksum text not null, applied_at timestamptz not null)`);
    const files = await migrationFiles();
    const applied = await appliedMigrations(client);
    refuseForeign(files, applied);
    const due = files.filter((file) => !applied.has(file.name));
    for (const file of due) await applyMigration(client, file);
    await letServe(client, servingLogin);
    return due.map((file) => file.name);
  });
}

const appliedNames = statement('worker.appliedMigrations', {
  params: [],
  columns: { name: 'text' },
  text: 'select name from platform.migration',
});

/** Names of the migrations this program has and the database does not; an older program may well serve a newer one. */
export async function missingMigrations(db: Database): Promise<string[]> {
  const [files, applied] = await Promise.all([
    migrationFiles(),
    db.asWorker((reads) => reads.run(appliedNames)),
  ]);
  const names = new Set(applied.map((row) => row.name));
  return files.map((file) => file.name).filter((name) => !names.has(name));
}

/** Runs `work` on one connection as the login of `ownerUrl` itself, whatever role its sessions default to. */
export async function asOwner<T>(ownerUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: ownerUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // the statement in flight reports it
  try {
    await client.connect();
  } catch (error) {
    throw asFault(error);
  }
  try {
    await client.query(
      `set role none; set statement_timeout = 0; set lock_timeout = '3s'; set timezone = 'UTC'`,
    );
    return await work(client);
  } finally {
    await client.end();
  }
}

async function migrationFiles(): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, FOLDER), 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

async function appliedMigrations(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from platform.migration',
  );
  return new Map(rows.map((row) => [row.name, row.checksum]));
}

function refuseForeign(files: readonly Migration[], applied: ReadonlyMap<string, string>): void {
  const known = new Map(files.map((file) => [file.name, file.checksum]));
  for (const [name, checksum] of applied) {
    const here = known.get(name);
    if (here === undefined)
      throw new MigrationError(
        `The database is newer than this program: it has the migration ${name}. Update Holdfast.`,
      );
    if (here !== checksum)
      throw new MigrationError(
        `The migration ${name} was changed after it had been applied. Put the original file back.`,
      );
  }
}

/** Applies one migration when nobody is in its way; throws a MigrationError when somebody still is after many tries. */
export async function applyMigration(client: pg.Client, file: Migration): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await apply(client, file);
    } catch (error) {
      const isLocked = asFault((error as Error).cause).kind === 'busy';
      if (!isLocked || tries === LOCK_TRIES) throw error;
      await wait(LOCK_PAUSE_MS);
    }
  }
}

async function apply(client: pg.Client, file: Migration): Promise<void> {
  await client.query(`begin; set local lock_timeout = ${MIGRATION_LOCK_TIMEOUT_MS}`);
  try {
    await client.query(file.text);
    await client.query('insert into platform.migration (name, checksum, applied_at) values ($1, $2, now())', [
      file.name,
      file.checksum,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new MigrationError(`The migration ${file.name} failed: ${asFault(error).message}`, {
      cause: error,
    });
  }
}

async function letServe(client: pg.Client, login: string): Promise<void> {
  const id = client.escapeIdentifier(login);
  const { rows } = await client.query<{ name: string }>('select current_database() as name');
  const database = client.escapeIdentifier(rows[0]?.name ?? '');
  await client.query(`grant holdfast_app, holdfast_worker to ${id}`);
  await client.query(`grant usage on schema platform to holdfast_worker;
    grant select on platform.migration to holdfast_worker`);
  for (const [setting, value] of Object.entries(SERVING_DEFAULTS))
    await client.query(
      `alter role ${id} in database ${database} set ${setting} = ${client.escapeLiteral(value)}`,
    );
}
