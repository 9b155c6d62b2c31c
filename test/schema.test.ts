import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { freshDatabase } from './database.ts';
import { dumpSchema, SCHEMA_FILE } from './dump-schema.ts';

test('db/schema.sql is what the migrations add up to', async (t) => {
  const database = await freshDatabase();
  t.after(() => database.close());
  const written = await readFile(SCHEMA_FILE, 'utf8');
  assert.equal(await dumpSchema(database.ownerUrl), written, 'run "npm run schema" and look at what changed');
});
