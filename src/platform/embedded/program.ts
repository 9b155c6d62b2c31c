import { spawn } from 'node:child_process';

/** A system user to run a program as; undefined means: as ourselves. */
export interface Account {
  uid: number;
  gid: number;
}

export interface Outcome {
  ok: boolean;
  /** Both streams together, trimmed; bounded to the last 8 KiB. */
  output: string;
}

const KEPT_OUTPUT = 8_192;

/**
 * Runs a program to its end in `/` with no environment but what is given, so that neither PG* variables nor an unreachable
 * working directory can change what it does. Never rejects: a program that cannot be run is an outcome too.
 */
export function run(
  file: string,
  args: readonly string[],
  account: Account | undefined,
  timeoutMs: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    let output = '';
    const keep = (chunk: string): void => {
      output = (output + chunk).slice(-KEPT_OUTPUT);
    };
    const child = spawn(file, args, {
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.timeout(timeoutMs), // spawn's own timer outlives a program that could not be started
      killSignal: 'SIGKILL',
      ...(account === undefined ? {} : { uid: account.uid, gid: account.gid }),
    });
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code, signal) => {
      const why = signal === null ? '' : `\nended by ${signal}`;
      resolve({ ok: code === 0, output: (output + why).trim() });
    });
  });
}

/** What a program of PostgreSQL's, or another, complains of: its first error, or else its last line. */
export function complaintIn(output: string): string {
  const error = /(?:FATAL|PANIC|error): +(.+)/.exec(output)?.[1];
  return error ?? output.trim().split('\n').at(-1) ?? '';
}
