import { link, readFile, readlink, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Refusal } from '../refusal.ts';
import { accountOf } from './account.ts';
import { findBinaries } from './binaries.ts';
import { complaintIn, run } from './program.ts';

const START_TIMEOUT_S = 120; // crash recovery after a kill can take its time
const STOP_TIMEOUT_MS = 60_000;
const CONTROL_TIMEOUT_MS = 20_000;
const POLL_MS = 20;
const START_TIMEOUT_MS = (START_TIMEOUT_S + 5) * 1000;
const START_TRIES = 20;
const DYING_MS = 100;

/** For a small machine: PostgreSQL's own defaults assume a dedicated server. */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '', // a socket path may be too long, and a password over TCP serves all
  max_connections: '100',
  shared_buffers: '128MB',
  max_wal_size: '512MB',
  min_wal_size: '64MB',
  wal_compression: 'on',
  log_min_messages: 'log', // errors are the callers' business; this file is for what happens to the server
  log_checkpoints: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
};

/**
 * Of glibc's malloc: pieces up to the first size come from memory that the process keeps, and of that it keeps what is free up to
 * the second. With the 128 kB that both begin with, a statement that needs more asks the system for it anew as a rule, and a page that
 * is new costs more than filling it.
 */
const MEMORY: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(2 * 1_024 * 1_024),
  MALLOC_TRIM_THRESHOLD_: String(4 * 1_024 * 1_024),
};

export type Settings = Readonly<Record<string, string>>;

/** What postmaster.pid says about a server that may be running on a cluster. */
export interface Postmaster {
  pid: number;
  port: number;
}

/** The server of this cluster that runs now, undefined when none does, whatever a stale postmaster.pid says. */
export async function running(cluster: string): Promise<Postmaster | undefined> {
  const noted = await notedPostmaster(cluster);
  return noted !== undefined && (await isPostmaster(noted.pid, cluster)) ? noted : undefined;
}

/** What postmaster.pid says; the file of a killed server stays. */
async function notedPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const [pid = 0, , , port = 0] = text.split('\n').map(Number);
  return pid > 0 && port > 0 ? { pid, port } : undefined;
}

// After a power cut the number in a stale file may belong to any process (or to a dead one that nobody reaped), and
// PostgreSQL would then refuse to start for ever. On Linux the folder a postmaster works in tells them apart.
async function isPostmaster(pid: number, cluster: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === cluster;
}

/**
 * Starts the server of a cluster, after a crash on the port it had (others still hold its URL), and waits until it
 * takes connections. Undefined when another process was faster; throws a Refusal with PostgreSQL's own last word when
 * it cannot start.
 */
export async function start(
  cluster: string,
  dataDir: string,
  extra: Settings,
  wishedPort: number | undefined,
): Promise<Postmaster | undefined> {
  const account = await accountOf(cluster);
  const { pgCtl } = await findBinaries(account, dataDir);
  const log = join(cluster, 'server.log');
  let port = wishedPort ?? (await notedPostmaster(cluster))?.port ?? (await freePort());
  for (let tries = 1; ; tries += 1) {
    await dropStalePidFile(cluster);
    await rename(log, `${log}.old`).catch(() => undefined); // keeps what is on disk to two runs
    const started = await run(
      pgCtl,
      startArgs(cluster, log, { ...extra, port: String(port) }),
      account,
      START_TIMEOUT_MS,
      MEMORY,
    );
    const server = await running(cluster);
    if (started.ok) return server;
    if (server !== undefined) return undefined;
    const said = (await readFile(log, 'utf8').catch(() => '')) || started.output;
    const portTaken = said.includes('could not bind');
    if (tries === START_TRIES || !(portTaken || said.includes('is still in use')))
      throw new Refusal(`The embedded PostgreSQL in ${cluster} does not start: ${complaintIn(said)}`);
    if (portTaken) port = await freePort();
    else await wait(DYING_MS); // the last processes of a killed server are on their way out
  }
}

function startArgs(cluster: string, log: string, extra: Settings): string[] {
  const options = Object.entries({ ...SETTINGS, ...extra }).map(([name, value]) => `-c ${name}='${value}'`);
  const patience = ['-w', '-t', String(START_TIMEOUT_S)];
  return ['start', '-s', ...patience, '-D', cluster, '-l', log, '-o', options.join(' ')];
}

/** Stops the server of a cluster at once and cleanly: open transactions are rolled back. */
export async function stop(cluster: string, dataDir: string): Promise<void> {
  const server = await running(cluster);
  if (server === undefined) return;
  const account = await accountOf(cluster);
  const { pgCtl } = await findBinaries(account, dataDir);
  const stopped = await run(
    pgCtl,
    ['stop', '-m', 'fast', '-W', '-s', '-D', cluster],
    account,
    CONTROL_TIMEOUT_MS,
  );
  // pg_ctl's own waiting would take the server that somebody else starts right after ours for the one it waits for.
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while ((await running(cluster))?.pid === server.pid) {
    if (performance.now() > deadline)
      throw new Refusal(
        `The embedded PostgreSQL (process ${server.pid}) does not stop. ${complaintIn(stopped.output)}`,
      );
    await wait(POLL_MS);
  }
}

/**
 * PostgreSQL itself sees through a postmaster.pid whose process is gone, but not one whose number meanwhile belongs
 * to another program (a restarted container has the same few numbers each time). Moved aside before it is deleted,
 * and put back when it proves to be a twin's fresh one.
 */
async function dropStalePidFile(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!(pid > 0) || !isAlive(pid) || (await isPostmaster(pid, cluster))) return;
  const aside = `${file}.${process.pid}`;
  await rename(file, aside).catch(() => undefined);
  const moved = await readFile(aside, 'utf8').catch(() => text);
  if (moved !== text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // gone, or another user's: PostgreSQL judges the same
  }
}

/** A port that nobody uses at this moment; whoever takes it meanwhile makes the start try another. */
async function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
