import { setTimeout as wait } from 'node:timers/promises';
import { resolve } from 'node:path';
import pg from 'pg';
import { Refusal, reasonOf } from '../refusal.ts';
import { running, start, stop, type Postmaster, type Settings } from './cluster.ts';
import { openDataDirectory, OWNER_LOGIN, sweepLeftovers, type Cluster } from './data-directory.ts';
import { prepareLogins, SERVING_LOGIN } from './logins.ts';

/**
 * Who uses a cluster is known by session locks in the database itself: they vanish with their process however it
 * dies, so nothing is ever left to clean up. Every attached process shares IN_USE; who gets it alone may stop the
 * cluster. SERVER belongs to the one live server of a data directory.
 */
const IN_USE = 7_301_556_120_042;
const SERVER = 7_301_556_120_043;

const ATTACH_DEADLINE_MS = 150_000; // covers crash recovery by a server that somebody else started
const RETRY_MS = 50;

export interface AttachOptions {
  dataDir: string;
  /** Told in plain sentences what takes time or is good to know. */
  say: (line: string) => void;
  /** Settings of PostgreSQL for a cluster started here, e.g. `fsync: 'off'` in tests. */
  settings?: Settings;
  /** Called when the database died and could not be brought back: what the caller serves has no ground any more. */
  lost?: (why: Refusal) => void;
}

export interface Attachment {
  ownerUrl: string;
  servingUrl: string;
  servingLogin: string;
  startedNow: boolean;
  /** Makes this process the one server of the data directory; throws a Refusal while another one lives. */
  claimServer(): Promise<void>;
  /** Lets go, and stops the cluster if nobody else is attached. */
  release(): Promise<void>;
}

/** One connection that holds our locks on a running cluster. */
interface Grip {
  client: pg.Client;
  port: number;
  startedNow: boolean;
}

/** Connects to the cluster of a data directory; makes and starts it when needed. */
export async function attach(options: AttachOptions): Promise<Attachment> {
  const dataDir = resolve(options.dataDir);
  const cluster = await openDataDirectory(dataDir, options.say);
  let grip = await takeGrip(cluster, dataDir, options, undefined);
  await prepare(grip, cluster, dataDir);
  const { port, startedNow } = grip;
  let serving = false;
  let released = false;
  let regain = Promise.resolve();
  watch(grip);

  function watch(held: Grip): void {
    held.client.once('end', () => {
      if (!released) regain = recover();
    });
  }

  // PostgreSQL died under a running server (out of memory, a kill): the same port keeps every URL valid.
  async function recover(): Promise<void> {
    options.say('The embedded PostgreSQL went away. Starting it again.');
    try {
      grip = await takeGrip(cluster, dataDir, options, port);
      if (grip.port !== port) throw new Refusal(`PostgreSQL came back, but not on port ${port}.`);
      watch(grip);
      if (serving) await claim(grip.client, dataDir);
      options.say('The embedded PostgreSQL is back.');
    } catch (error) {
      options.lost?.(new Refusal(`The embedded PostgreSQL is lost: ${reasonOf(error)}`));
    }
  }

  return {
    ownerUrl: url(OWNER_LOGIN, cluster.ownerPassword, port),
    servingUrl: url(SERVING_LOGIN, cluster.servingPassword, port),
    servingLogin: SERVING_LOGIN,
    startedNow,
    claimServer: async () => {
      await claim(grip.client, dataDir);
      serving = true;
    },
    release: async () => {
      released = true;
      await regain;
      await letGo(grip.client, cluster, dataDir);
    },
  };
}

async function prepare({ client }: Grip, cluster: Cluster, dataDir: string): Promise<void> {
  try {
    await prepareLogins(client, cluster.servingPassword);
  } catch (error) {
    await letGo(client, cluster, dataDir).catch(() => undefined);
    throw new Refusal(`The embedded PostgreSQL of ${dataDir} cannot be used: ${reasonOf(error)}.`);
  }
}

function url(login: string, password: string, port: number): string {
  return `postgres://${login}:${password}@127.0.0.1:${port}/holdfast`;
}

// Others may start, stop or crash the cluster at every moment, so each round looks afresh at what is there.
async function takeGrip(
  cluster: Cluster,
  dataDir: string,
  options: AttachOptions,
  wishedPort: number | undefined,
): Promise<Grip> {
  const deadline = performance.now() + ATTACH_DEADLINE_MS;
  while (performance.now() < deadline) {
    const server = await running(cluster.directory);
    if (server !== undefined) {
      const client = await tryGrip(cluster, server);
      if (client !== undefined) return { client, port: server.port, startedNow: false };
      await wait(RETRY_MS); // it is starting or stopping
      continue;
    }
    options.say('Starting the embedded PostgreSQL.');
    const started = await start(cluster.directory, dataDir, options.settings ?? {}, wishedPort);
    if (started === undefined) continue;
    await sweepLeftovers(dataDir, cluster);
    const client = await tryGrip(cluster, started);
    if (client !== undefined) return { client, port: started.port, startedNow: true };
  }
  throw new Refusal(`The embedded PostgreSQL of ${dataDir} neither answers nor stops.`);
}

/** Undefined when the server does not take us now: not up yet, on its way down, or about to be stopped. */
async function tryGrip(cluster: Cluster, server: Postmaster): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: OWNER_LOGIN,
    password: cluster.ownerPassword,
    database: 'postgres',
    application_name: 'holdfast attachment',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  client.on('error', () => undefined); // followed by `end`, which is what counts
  try {
    await client.connect();
    const { rows } = await client.query<{ taken: boolean }>(
      'select pg_try_advisory_lock_shared($1) as taken',
      [IN_USE],
    );
    if (rows[0]?.taken === true) return client;
  } catch {
    // looked at again in the next round
  }
  await client.end().catch(() => undefined);
  return undefined;
}

async function claim(client: pg.Client, dataDir: string): Promise<void> {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
    SERVER,
  ]);
  if (rows[0]?.taken !== true)
    throw new Refusal(
      `Another Holdfast server runs on ${dataDir}. Stop it first, or name another directory with HOLDFAST_DATA_DIR.`,
    );
}

// Once the lock is ours alone, nobody can attach any more; whoever comes now waits and then starts a new server.
async function letGo(client: pg.Client, cluster: Cluster, dataDir: string): Promise<void> {
  try {
    await client.query('select pg_advisory_unlock_shared($1)', [IN_USE]);
    const { rows } = await client.query<{ alone: boolean }>('select pg_try_advisory_lock($1) as alone', [
      IN_USE,
    ]);
    if (rows[0]?.alone === true) await stop(cluster.directory, dataDir);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // The database is gone already; its next user starts it.
  } finally {
    await client.end().catch(() => undefined);
  }
}
