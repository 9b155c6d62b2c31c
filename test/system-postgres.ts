import { randomBytes } from 'node:crypto';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../src/platform/embedded/program.ts';
import { freePort, homeFor, ordinaryUser } from './program.ts';

/** PostgreSQL 15, the oldest that Holdfast promises to run on, where Debian puts its programs. */
export const POSTGRESQL_15 = '/usr/lib/postgresql/15/bin';

const TIMEOUT_MS = 60_000;

export interface SystemPostgres {
  /** Its superuser's. */
  readonly url: string;
  close(): Promise<void>;
}

/** A new PostgreSQL from the programs in `bin`. `settings` are those of postgresql.conf. */
export async function startSystemPostgres(
  bin: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<SystemPostgres> {
  const user = ordinaryUser(); // PostgreSQL refuses root
  const home = await homeFor(user);
  const cluster = join(home, 'cluster');
  const port = await freePort();
  const all = { ...settings, listen_addresses: '127.0.0.1', unix_socket_directories: '', port: String(port) };
  const options = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
  const ask = async (program: string, args: readonly string[]) => {
    const { ok, output } = await run(join(bin, program), args, user, TIMEOUT_MS);
    if (!ok) throw new Error(`${program} failed: ${output}`);
  };
  const password = randomBytes(16).toString('hex');
  const file = join(home, 'password');
  await writeFile(file, password);
  await chmod(file, 0o644); // a throw-away one, for another user to read
  const login = ['-U', 'postgres', `--pwfile=${file}`, '--auth=scram-sha-256'];
  await ask('initdb', ['-D', cluster, ...login, '-E', 'UTF8', '--locale=C', '-k']);
  await ask('pg_ctl', ['start', '-w', '-s', '-D', cluster, '-l', join(home, 'log'), '-o', options.join(' ')]);
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    close: async () => {
      await ask('pg_ctl', ['stop', '-w', '-s', '-m', 'immediate', '-D', cluster]);
      await rm(home, { recursive: true, force: true });
    },
  };
}
