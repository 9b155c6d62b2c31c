import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { chmod, chown, mkdtemp } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface User {
  name: string;
  uid: number;
  gid: number;
}

export interface RunOptions {
  env?: Readonly<Record<string, string>>;
  /** Undefined: as the tests themselves. */
  user?: User | undefined;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Program {
  pid: number;
  /** Resolves with the match once standard output has it; rejects when the program ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<Ended>;
}

/** Starts `holdfast <args>` as a person would, with nothing in its environment but `env`. */
export function runProgram(args: readonly string[], { env = {}, user }: RunOptions = {}): Program {
  const root = user === undefined ? resolve('.') : rootFor(user);
  const child = spawn(join(root, 'node_modules/.bin/node'), [join(root, 'bin/holdfast.js'), ...args], {
    cwd: tmpdir(),
    env: { PATH: '/usr/bin:/bin', NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the program could not be started');
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    stdout: stdout.text,
    stderr: stderr.text,
  }));
  return {
    pid,
    ended,
    says: (pattern) => says(pattern, child, stdout, ended),
    kill: (s) => void child.kill(s),
  };
}

interface Collected {
  text: string;
}

function collect(stream: NonNullable<ChildProcess['stdout']>): Collected {
  const collected = { text: '' };
  stream.setEncoding('utf8').on('data', (chunk: string) => (collected.text += chunk));
  return collected;
}

function says(
  pattern: RegExp,
  child: ChildProcess,
  stdout: Collected,
  ended: Promise<Ended>,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const match = pattern.exec(stdout.text);
      if (match !== null) resolve(match);
    };
    child.stdout?.on('data', look);
    look();
    ended.then(
      (end) =>
        reject(new Error(`ended with ${end.code} before saying ${pattern}:\n${end.stdout}${end.stderr}`)),
      reject,
    );
  });
}

/** A command that must fail: one plain sentence on standard error, no stack trace. */
export async function refusal(program: Program, expected = 1): Promise<string> {
  const { code, stderr } = await program.ended;
  assert.equal(code, expected, stderr);
  assert.match(stderr, /^holdfast: .+\n$/, 'more than one line');
  return stderr;
}

/** An ordinary user to run the program as when the tests run as root; undefined when they do not. */
export function ordinaryUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { name: 'nobody', uid: id('-u'), gid: id('-g') };
}

let copied: string | undefined;

/** Where `user` can read the program: here, or in a copy when here lies under /root. */
function rootFor(user: User): string {
  const here = resolve('.');
  if (canRead(user, join(here, 'src/main.ts'))) return here;
  return (copied ??= copyProgram(here));
}

function canRead(user: User, path: string): boolean {
  return spawnSync('test', ['-r', path], { cwd: '/', uid: user.uid, gid: user.gid }).status === 0;
}

function copyProgram(from: string): string {
  const to = mkdtempSync(join(tmpdir(), 'holdfast-copy-'));
  chmodSync(to, 0o755);
  const apart = ['.git', 'data'];
  const parts = readdirSync(from).flatMap((name) => (apart.includes(name) ? [] : [join(from, name)]));
  // Hard links take a second; across file systems it has to be a real copy.
  if (spawnSync('cp', ['-al', ...parts, to]).status !== 0) execFileSync('cp', ['-a', ...parts, to]);
  return to;
}

/** Removes what `runProgram` copied for users who cannot read it here. */
export function removeCopies(): void {
  if (copied !== undefined) rmSync(copied, { recursive: true, force: true });
  copied = undefined;
}

/** A folder for data directories that belongs to `user` and through which PostgreSQL's own user can pass. */
export async function homeFor(user: User | undefined): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-life-'));
  await chmod(home, 0o711);
  if (user !== undefined) await chown(home, user.uid, user.gid);
  return home;
}

/** A port that nobody uses at this moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, 'localhost');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
