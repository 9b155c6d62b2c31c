import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '../platform/db.ts';
import { gathered } from './gathered.ts';

const database = () => ({}) as Database; // only handed on

function open() {
  const reads: number[] = [];
  const read = gathered<string, string>(
    (key) => key,
    async (_db, _tenant, asked) => {
      reads.push(asked.length);
      return new Map(asked.map((key) => [key, `${key} as of ${reads.length}`]));
    },
  );
  return { reads, read };
}

test('who asks in one turn is read together, of one company in one database', async () => {
  const { reads, read } = open();
  const [here, there] = [database(), database()];
  const asked = [
    read(here, 'a', ['1']),
    read(here, 'a', ['2']),
    read(here, 'b', ['1']),
    read(there, 'a', ['1']),
  ];
  await Promise.all(asked);
  assert.deepEqual(reads, [2, 1, 1]);
});

test('more than two hundred are read in turns, and everybody gets his own', async () => {
  const { reads, read } = open();
  const db = database();
  const keys = Array.from({ length: 450 }, (_, i) => `${i}`);
  const found = await Promise.all(keys.map(async (key) => (await read(db, 'a', [key])).get(key)));
  assert.deepEqual(reads, [200, 200, 50]);
  assert.deepEqual(
    found.map((text) => text?.split(' ')[0]),
    keys,
  );
  await read(db, 'a', ['again']);
  assert.equal(reads.length, 4, 'who comes later does not join what has been read');
});
