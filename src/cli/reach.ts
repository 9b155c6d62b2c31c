import { constants } from 'node:os';
import type { Config } from '../config.ts';
import { openDatabase, type Database } from '../platform/db.ts';
import { attach, type Attachment } from '../platform/embedded/attach.ts';
import { DatabaseFault } from '../platform/fault.ts';
import { openLog, type Log } from '../platform/log.ts';
import { asOwner } from '../platform/migrate.ts';
import { reasonOf, Refusal } from '../platform/refusal.ts';
import { prepareDatabase, type Access } from './prepare.ts';

const OLDEST_POSTGRESQL = 15;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The database that a command works on: the embedded one (started when nobody else has), or DATABASE_URL. */
export interface Reached extends Access {
  /** These two are of the embedded PostgreSQL; undefined with DATABASE_URL. */
  embedded: Attachment | undefined;
  dataDir: string | undefined;
  release(): Promise<void>;
}

export interface ReachOptions {
  say: (line: string) => void;
  lost?: (why: Refusal) => void;
}

export async function reach(config: Config, options: ReachOptions): Promise<Reached> {
  if (config.databaseUrl === undefined) {
    const embedded = await attach({ dataDir: config.dataDir, ...options });
    const { ownerUrl, servingUrl, servingLogin } = embedded;
    const release = (): Promise<void> => embedded.release();
    return { ownerUrl, servingUrl, servingLogin, embedded, dataDir: config.dataDir, release };
  }
  const ownerUrl = config.databaseDirectUrl ?? config.databaseUrl;
  await probe(ownerUrl, config.databaseDirectUrl === undefined ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL');
  return {
    ownerUrl,
    servingUrl: config.databaseUrl,
    servingLogin: decodeURIComponent(new URL(config.databaseUrl).username),
    embedded: undefined,
    dataDir: undefined,
    release: () => Promise.resolve(),
  };
}

/** Runs a short command's work on the database and lets go of it after that, also on Ctrl-C. */
export async function withReached<T>(config: Config, work: (reached: Reached) => Promise<T>): Promise<T> {
  const reached = await reach(config, { say: () => undefined });
  const interrupted = (signal: NodeJS.Signals): void => {
    void reached.release().finally(() => process.exit(128 + constants.signals[signal]));
  };
  for (const signal of SIGNALS) process.once(signal, interrupted);
  try {
    return await work(reached);
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupted);
    await reached.release();
  }
}

/** The same for work that serves as the server does, on a database that is migrated first. */
export async function withDatabase<T>(
  config: Config,
  work: (on: { db: Database; log: Log; reached: Reached }) => Promise<T>,
): Promise<T> {
  const log = openLog(config.logLevel);
  return withReached(config, async (reached) => {
    await prepareDatabase(reached);
    const db = openDatabase({ url: reached.servingUrl, size: 2, named: config.namedStatements, log });
    try {
      return await work({ db, log, reached });
    } finally {
      await db.close();
    }
  });
}

async function probe(url: string, variable: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const where = `${hostname}:${port || '5432'}`;
  const version = await asOwner(url, async (client) => {
    const { rows } = await client.query<{ major: number }>(
      `select current_setting('server_version_num')::int / 10000 as major`,
    );
    return rows[0]?.major ?? 0;
  }).catch((error: unknown) => {
    throw new Refusal(unreachable(error, where, variable));
  });
  if (version < OLDEST_POSTGRESQL)
    throw new Refusal(
      `The database at ${where} is PostgreSQL ${version}; Holdfast needs ${OLDEST_POSTGRESQL} or newer.`,
    );
}

// PostgreSQL's and the driver's sentences name logins and databases, never passwords.
function unreachable(error: unknown, where: string, variable: string): string {
  const refused = error instanceof DatabaseFault && error.sqlState !== '';
  const what = refused ? 'refuses the connection' : 'cannot be reached';
  return `The database at ${where} ${what}: ${reasonOf(error)}. Check ${variable}.`;
}
