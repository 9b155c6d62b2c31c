import { join } from 'node:path';
import { readFile, rm } from 'node:fs/promises';
import { run } from '../src/platform/embedded/program.ts';
import { freePort, homeFor, ordinaryUser } from './program.ts';
import { POSTGRESQL_15 } from './system-postgres.ts';

const TIMEOUT_MS = 60_000;

export interface Standby {
  /** Of the same superuser. */
  readonly url: string;
  /** Stops all its processes where they are: it takes connections, and answers nothing. */
  hang(): Promise<void>;
  goOn(): Promise<void>;
  /** Ends it as a loss of power would. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/** A streaming replica of the PostgreSQL 15 at `primaryUrl`, which must let its superuser replicate. */
export async function startStandby(primaryUrl: string): Promise<Standby> {
  const user = ordinaryUser();
  const home = await homeFor(user);
  const cluster = join(home, 'standby');
  const port = await freePort();
  const ask = async (program: string, args: readonly string[]) => {
    const { ok, output } = await run(join(POSTGRESQL_15, program), args, user, TIMEOUT_MS);
    if (!ok) throw new Error(`${program} failed: ${output}`);
  };
  await ask('pg_basebackup', ['-D', cluster, '-R', '-X', 'stream', '-c', 'fast', '-d', primaryUrl]);
  const options = `-c port=${port} -c hot_standby=on -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`;
  await ask('pg_ctl', ['start', '-w', '-s', '-D', cluster, '-l', join(home, 'log'), '-o', options]);
  const url = new URL(primaryUrl);
  url.port = String(port);
  let running = true;
  // Its processes are each a group of their own; it makes no new ones while it is stopped.
  const signal = async (name: 'STOP' | 'CONT') => {
    const [pid = ''] = (await readFile(join(cluster, 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), `SIG${name}`);
    const { ok, output } = await run('pkill', [`-${name}`, '-P', pid], undefined, TIMEOUT_MS);
    if (!ok) throw new Error(`pkill failed: ${output}`);
  };
  const kill = async () => {
    if (running) await ask('pg_ctl', ['stop', '-w', '-s', '-m', 'immediate', '-D', cluster]);
    running = false;
  };
  return {
    url: url.href,
    hang: () => signal('STOP'),
    goOn: () => signal('CONT'),
    kill,
    close: async () => {
      await kill();
      await rm(home, { recursive: true, force: true });
    },
  };
}
