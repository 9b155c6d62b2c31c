import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '../platform/db.ts';
import { keepEntries } from './kept-entries.ts';

const db = {} as Database; // handed through to `read`, which needs none here

/** Entries `a`, `b` and `c` whose version is the number of the read that brought them. */
function catalogue(most = 10) {
  const reads: string[][] = [];
  const entries = keepEntries<{ id: string; version: number }>(
    { most, weight: () => 1 },
    async (_db, _tenant, ids) => {
      reads.push([...ids].sort());
      const version = reads.length;
      return ids.filter((id) => 'abc'.includes(id)).map((id) => ({ id, version }));
    },
  );
  const versions = async (ids: string, fresh = false) => {
    const found = await entries(db, 'tenant', ids.split(''), fresh);
    return [...found.values()].map(({ id, version }) => `${id}${version}`).sort();
  };
  return { reads, versions, entries };
}

test('an entry is read once and kept; fresh reads past what is kept and replaces it', async () => {
  const { reads, versions } = catalogue();
  assert.deepEqual(await versions('ab'), ['a1', 'b1']);
  assert.deepEqual(await versions('a'), ['a1']);
  assert.deepEqual(await versions('abc'), ['a1', 'b1', 'c2']);
  assert.deepEqual(await versions('a', true), ['a3']);
  assert.deepEqual(await versions('ab'), ['a3', 'b1']);
  assert.deepEqual(reads, [['a', 'b'], ['c'], ['a']]);
});

test('an unknown entry is left out and asked for again', async () => {
  const { reads, versions } = catalogue();
  assert.deepEqual([await versions('x'), await versions('x')], [[], []]);
  assert.equal(reads.length, 2);
});

test('all who miss something in one turn share one read, and who comes later does not join it', async () => {
  const { reads, versions } = catalogue();
  const asked = [versions('a'), versions('b', true), versions('ac', true)];
  assert.deepEqual(await Promise.all(asked), [['a1'], ['b1'], ['a1', 'c1']]);
  assert.deepEqual(await versions('a', true), ['a2']);
  assert.deepEqual(reads, [['a', 'b', 'c'], ['a']]);
});

test('tenants share neither entries nor reads', async () => {
  const { reads, entries } = catalogue();
  await Promise.all(['one', 'two'].map((tenant) => entries(db, tenant, ['a'], false)));
  assert.equal(reads.length, 2);
});

test('no more is kept than the bound allows', async () => {
  const { reads, versions } = catalogue(2);
  for (const id of 'abca') await versions(id);
  assert.deepEqual(reads, [['a'], ['b'], ['c'], ['a']]);
});

test('a failed read fails those who shared it and nobody after them', async () => {
  let fails = true;
  const entries = keepEntries<{ id: string }>({ most: 10, weight: () => 1 }, async (_db, _tenant, ids) => {
    if (fails) throw new Error('away');
    return ids.map((id) => ({ id }));
  });
  const both = await Promise.allSettled([1, 2].map(() => entries(db, 'tenant', ['a'], false)));
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  fails = false;
  assert.equal((await entries(db, 'tenant', ['a'], false)).size, 1);
});
