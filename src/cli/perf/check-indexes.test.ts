import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { freshDatabase, type FreshDatabase } from '../../../test/database.ts';
import { runProgram } from '../../../test/program.ts';
import { asOwner } from '../../platform/migrate.ts';
import { plainLines } from './check-indexes.ts';
import { checkIndexes } from './indexes.ts';

let database: FreshDatabase;

before(async () => {
  database = await freshDatabase();
});
after(() => database.close());

const look = () => asOwner(database.ownerUrl, checkIndexes);

async function tamper(...statements: string[]): Promise<void> {
  await asOwner(database.ownerUrl, async (client: pg.Client) => {
    for (const text of statements) await client.query(text);
  });
}

test('a database as it was migrated has every index and none too many', async () => {
  assert.deepEqual(await look(), []);
});

test('an index that is missing, changed, twice there, covered by another or bloated is found and nothing else', async () => {
  await tamper(
    'drop index engine.booking_due',
    'drop index rooms.room_by_name; create index room_by_name on rooms.room (tenant_id, name)',
    'create table engine.planted (a int not null, b uuid not null)',
    'insert into engine.planted select n, gen_random_uuid() from generate_series(1, 60000) n',
    'create index planted_first on engine.planted (a)',
    'create index planted_twin on engine.planted (a)',
    'create index planted_wide on engine.planted (b, a) with (fillfactor = 10)',
    'create index planted_covered on engine.planted (b)',
    'create index planted_partial on engine.planted (b) where a > 7',
    'analyze engine.planted',
  );
  const found = await look();
  assert.deepEqual(
    found.map(({ problem, index }) => `${problem} ${index}`),
    [
      'missing engine.booking_due',
      'missing rooms.room_by_name',
      'duplicate engine.planted_covered',
      'duplicate engine.planted_twin',
      'bloated engine.planted_wide',
    ],
  );
  assert.match(found[0]?.advice ?? '', /CREATE INDEX CONCURRENTLY booking_due ON engine\.booking /);
  for (const line of plainLines(found, 80)) assert.ok(line.length <= 80, line);
  assert.deepEqual(plainLines(found, 80).slice(0, 2), [
    'index                   problem       size',
    'engine.booking_due      missing        0 B',
  ]);
});

test('an index that was not made to its end is invalid, and a large one that nobody reads is a hint', async () => {
  await tamper(
    'drop table engine.planted',
    'create table engine.planted (a int not null, b text not null)',
    `insert into engine.planted select n, repeat(md5(n::text), 10) from generate_series(1, 40000) n`,
    'create index planted_idle on engine.planted (b)',
    'create index planted_broken on engine.planted (b, a)', // were it whole, it would cover the other
    `update pg_index set indisvalid = false where indexrelid = 'engine.planted_broken'::regclass`,
    'analyze engine.planted',
    'set enable_indexscan = off; set enable_bitmapscan = off',
    `do $$ begin for n in 1..1001 loop perform from engine.planted limit 1; end loop; end $$`,
    'select pg_stat_force_next_flush()',
  );
  const found = (await look()).filter(({ table }) => table === 'engine.planted');
  assert.deepEqual(
    found.map(({ problem, index }) => `${problem} ${index}`),
    ['invalid engine.planted_broken', 'unused engine.planted_idle'],
  );
});

test('the command answers 1 and JSON where there is something to do, and 2 when it cannot look', async () => {
  const env = { DATABASE_URL: database.servingUrl, DATABASE_DIRECT_URL: database.ownerUrl };
  const { code, stdout } = await runProgram(['perf', 'check-indexes', '--json'], { env }).ended;
  assert.equal(code, 1);
  const { ok, indexes } = JSON.parse(stdout) as { ok: boolean; indexes: { index: string }[] };
  assert.equal(ok, false);
  assert.ok(indexes.some(({ index }) => index === 'engine.booking_due'));
  const unreachable = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
  const refused = await runProgram(['perf', 'check-indexes'], { env: unreachable }).ended;
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /cannot be reached/);
});
