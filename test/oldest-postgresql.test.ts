import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { migrate } from '../src/platform/migrate.ts';
import { dumpSchema, SCHEMA_FILE } from './dump-schema.ts';
import { runProgram } from './program.ts';
import { POSTGRESQL_15, startSystemPostgres, type SystemPostgres } from './system-postgres.ts';

const skip = existsSync(join(POSTGRESQL_15, 'postgres')) ? false : 'needs PostgreSQL 15';

/** In every run of the tests; `npm test -- --postgres 15` runs all of them on it. */
suite('on PostgreSQL 15', { skip }, () => {
  let oldest: SystemPostgres;
  before(async () => (oldest = await startSystemPostgres(POSTGRESQL_15)));
  after(() => oldest.close());

  test('the schema is the same', async () => {
    await migrate(oldest.url, 'postgres');
    assert.equal(await dumpSchema(oldest.url), await readFile(SCHEMA_FILE, 'utf8'));
  });

  test('a week is booked and every promise holds', async () => {
    const env = { DATABASE_URL: oldest.url };
    const seeded = await runProgram(['seed'], { env }).ended;
    assert.match(seeded.stdout, /[1-9]\d* bookings were made/, seeded.stderr);
    const examined = await runProgram(['doctor'], { env }).ended;
    assert.equal(examined.code, 0, examined.stdout + examined.stderr);
  });
});
