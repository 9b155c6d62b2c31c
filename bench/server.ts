import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../test/program.ts';
import manifest from '../package.json' with { type: 'json' };

/** A Holdfast server in a process of its own. */
export interface RunningServer {
  readonly pid: number;
  readonly url: string;
  /** From the start of the process to the first `ready`. */
  readonly readyMs: number;
  /** What it wrote on standard error so far. */
  complaints(): string;
  stop(): Promise<void>;
}

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
/** What `npm start` runs, without the shell around it. */
const START = manifest.scripts.start.replace('exec node ', '').split(' ');
const READY_DEADLINE_MS = 120_000;
const LOOK_EVERY_MS = 10;
const MOST_COMPLAINTS = 4_000;

/** Starts a server as `npm start` does with these settings on a free port and waits until it is ready. */
export async function startServer(settings: Readonly<Record<string, string>>): Promise<RunningServer> {
  const port = await freePort();
  const begun = performance.now();
  const child = spawn(process.execPath, START, {
    cwd: PROJECT,
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      LOG_LEVEL: 'warn',
      RATE_LIMIT: 'off',
      ...settings,
      PORT: String(port),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaints.length < MOST_COMPLAINTS) complaints += text; // the first ones tell why, the rest repeat it
  });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || performance.now() - begun > READY_DEADLINE_MS) {
      child.kill('SIGKILL');
      throw new Error(`the server did not get ready: ${complaints}`);
    }
    await wait(LOOK_EVERY_MS);
  }
  return {
    pid: child.pid ?? NaN,
    url,
    readyMs: performance.now() - begun,
    complaints: () => complaints,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}
