import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inParallel } from './in-parallel.ts';

test('every item is worked on once, in order, and never more at a time than allowed', async () => {
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  await inParallel(
    Array.from({ length: 20 }, (_, i) => i),
    3,
    async (item, index) => {
      assert.equal(item, index);
      begun.push(item);
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    },
  );
  assert.deepEqual(begun, [...begun.keys()]);
  assert.equal(begun.length, 20);
  assert.equal(most, 3);
});

test('after a failure nothing new is begun, and the first failure is passed on', async () => {
  const begun: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    await new Promise(setImmediate);
    throw new Error(`item ${item}`);
  };
  await assert.rejects(inParallel([1, 2, 3, 4], 2, work), { message: 'item 1' });
  await new Promise(setImmediate);
  assert.deepEqual(begun, [1, 2]);
});

test('nothing to do is fine', async () => {
  await inParallel([], 4, () => Promise.reject(new Error('never called')));
});
