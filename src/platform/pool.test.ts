import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshDatabase, silentLog, type FreshDatabase } from '../../test/database.ts';
import { openDatabase, type Database } from './db.ts';
import { DatabaseFault } from './fault.ts';
import { uuidV7 } from './id.ts';
import { statement } from './statement.ts';

const sleepy = statement('test.sleepy', {
  params: ['uuid'],
  columns: { slept: 'text' },
  text: 'select pg_sleep(0.05)::text as slept where $1::uuid is not null',
});
const quick = statement('test.quick', {
  params: ['uuid'],
  columns: { one: 'int4' },
  text: 'select 1 as one where $1::uuid is not null',
});
const failing = statement('test.failing', {
  params: ['uuid'],
  columns: { none: 'int4' },
  text: 'select 1 / (length($1::uuid::text) - 36) as none',
});

let database: FreshDatabase;
let db: Database;
let told: { name: string; tookMs: number; rows: number }[] = [];
let failed: string[] = [];

before(async () => {
  database = await freshDatabase();
  const watch = {
    statement: (name: string, tookMs: number, rows: number) => void told.push({ name, tookMs, rows }),
    statementFailed: (name: string) => void failed.push(name),
    connectionRefused: () => assert.fail('there are connections'),
  };
  db = openDatabase({ url: database.servingUrl, size: 1, named: true, log: silentLog, watch });
});
after(async () => {
  await db.close();
  await database.close();
});

test('statements that travel together are each told their own time, and what waited behind one is not slow', async () => {
  told = [];
  const begun = performance.now();
  await db.inTenant(uuidV7(), (tx) => Promise.all([tx.run(sleepy), tx.run(quick)]));
  const wholeMs = performance.now() - begun;
  assert.deepEqual(
    told.map(({ name, rows }) => [name, rows]),
    [
      ['db.setTenant', 1],
      ['test.sleepy', 1],
      ['test.quick', 1],
      ['db.commit', 0],
    ],
  );
  assert.ok((told[1]?.tookMs ?? 0) >= 45, 'the slow one is slow');
  const sum = told.reduce((total, { tookMs }) => total + tookMs, 0);
  assert.ok(sum <= wholeMs, `${sum} ms are told of ${wholeMs}`);
});

test('a statement that the database refuses is told as failed', async () => {
  failed = [];
  await assert.rejects(
    db.inTenant(uuidV7(), (tx) => tx.run(failing)),
    DatabaseFault,
  );
  assert.deepEqual(failed, ['test.failing']);
});
