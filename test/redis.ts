import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './program.ts';

/** Why tests with a real Redis are left out; undefined when they can run. */
export const noRedis =
  spawnSync('redis-server', ['--version']).status === 0
    ? undefined
    : 'there is no redis-server on this machine';

/** A Redis of our own that keeps nothing on disk. */
export interface RunningRedis {
  readonly url: string;
  readonly pid: number;
  kill(): Promise<void>;
  /** The same address again, with nothing in it. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startRedis(): Promise<RunningRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-redis-'));
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', directory];
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const fresh = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'ignore'] });
    child = fresh;
    let said = '';
    for await (const text of fresh.stdout) {
      said += String(text);
      if (said.includes('Ready to accept connections')) break;
    }
  }

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return child?.pid ?? NaN;
    },
    kill,
    start,
    close: async () => {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
