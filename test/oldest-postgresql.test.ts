import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { run } from '../src/platform/embedded/program.ts';
import { migrate } from '../src/platform/migrate.ts';
import { dumpSchema, SCHEMA_FILE } from './dump-schema.ts';
import { freePort, homeFor, ordinaryUser, runProgram } from './program.ts';

/** PostgreSQL 15, the oldest that Holdfast promises to run on; all other tests run on the newest. */

const BIN = '/usr/lib/postgresql/15/bin';
const TIMEOUT_MS = 60_000;
const user = ordinaryUser(); // PostgreSQL refuses root
const skip = existsSync(join(BIN, 'postgres')) ? false : 'needs PostgreSQL 15';

suite('on PostgreSQL 15', { skip }, () => {
  let home = '';
  let url = '';

  before(async () => {
    home = await homeFor(user);
    const cluster = join(home, 'cluster');
    const port = await freePort();
    url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    await ask('initdb', ['-D', cluster, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C', '-k']);
    const settings = `-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c port=${port}`;
    await ask('pg_ctl', ['start', '-w', '-s', '-D', cluster, '-l', join(home, 'log'), '-o', settings]);
  });

  after(async () => {
    await ask('pg_ctl', ['stop', '-w', '-s', '-m', 'immediate', '-D', join(home, 'cluster')]);
    await rm(home, { recursive: true, force: true });
  });

  async function ask(program: string, args: readonly string[]): Promise<void> {
    const { ok, output } = await run(join(BIN, program), args, user, TIMEOUT_MS);
    assert.ok(ok, output);
  }

  test('the schema is the same', async () => {
    await migrate(url, 'postgres');
    assert.equal(await dumpSchema(url), await readFile(SCHEMA_FILE, 'utf8'));
  });

  test('a week is booked and every promise holds', async () => {
    const env = { DATABASE_URL: url };
    const seeded = await runProgram(['seed'], { env }).ended;
    assert.match(seeded.stdout, /[1-9]\d* bookings were made/, seeded.stderr);
    const examined = await runProgram(['doctor'], { env }).ended;
    assert.equal(examined.code, 0, examined.stdout + examined.stderr);
  });
});
