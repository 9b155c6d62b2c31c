import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hold } from '../../test/engine-fixture.ts';
import { Problem } from '../platform/errors.ts';
import type { RunBatch, Verdict } from './batch.ts';
import type { Command } from './command.ts';
import { openLanes } from './lanes.ts';

const done: Verdict = { status: 'fulfilled', value: { result: 'notFound' } };

/** A `run` whose batches end when the test says so. */
function manual() {
  const batches: { tenant: string; size: number; finish(): void }[] = [];
  let arrived: (() => void) | undefined;
  const run: RunBatch = (tenant, commands) =>
    new Promise((resolve) => {
      batches.push({ tenant, size: commands.length, finish: () => resolve(commands.map(() => done)) });
      arrived?.();
    });
  const next = async (count: number) => {
    while (batches.length < count) await new Promise<void>((resolve) => (arrived = resolve));
  };
  return { batches, run, next };
}

test('what arrives while a batch runs forms the next one', async () => {
  const { batches, run, next } = manual();
  const lanes = openLanes(run, 2);
  const first = lanes.submit('a', hold([]));
  await next(1);
  const rest = Array.from({ length: 600 }, () => lanes.submit('a', hold([])));
  batches[0]?.finish();
  await first;
  await next(2);
  batches[1]?.finish();
  await next(3);
  batches[2]?.finish();
  await next(4);
  batches[3]?.finish();
  await Promise.all(rest);
  assert.deepEqual(
    batches.map((batch) => batch.size),
    [1, 256, 256, 88],
  );
});

test('a batch of huge requests is cut short, whether they are held or approved', async () => {
  const sizes: number[] = [];
  const lanes = openLanes(async (_, commands) => {
    sizes.push(commands.length);
    return commands.map(() => done);
  }, 2);
  const lines = hold(Array.from({ length: 366 }, () => ({ intervals: [], units: [] }))).lines;
  const by = { bookingId: 'a request', ownedBy: null, actor: 'admin' };
  const approval: Command = { verb: 'approve', ...by, wishes: { version: 1, lines } };
  for (const huge of [hold([], { lines }), approval])
    await Promise.all(Array.from({ length: 5 }, () => lanes.submit('a', huge)));
  assert.deepEqual(sizes, [2, 2, 1, 2, 2, 1]);
});

test("a tenant in a rush delays another's request by two batches at most, not by its queue", async () => {
  const { batches, run, next } = manual();
  const lanes = openLanes(run, 1);
  const rush = Array.from({ length: 1_000 }, () => lanes.submit('loud', hold([])));
  await next(1);
  const quiet = lanes.submit('quiet', hold([]));
  await new Promise(setImmediate);
  for (let i = 0; i < 5; i++) {
    await next(i + 1);
    batches[i]?.finish();
  }
  await Promise.all([quiet, ...rush]);
  assert.ok(batches.findIndex((batch) => batch.tenant === 'quiet') <= 2);
});

test('in a rush a second batch of the same tenant is under way, and never a third', async () => {
  const { batches, run, next } = manual();
  const lanes = openLanes(run, 9);
  const first = lanes.submit('a', hold([]));
  await next(1);
  const few = Array.from({ length: 63 }, () => lanes.submit('a', hold([])));
  await new Promise(setImmediate);
  assert.equal(batches.length, 1, 'a few may wait');
  const many = Array.from({ length: 700 }, () => lanes.submit('a', hold([])));
  await next(2);
  await new Promise(setImmediate);
  assert.deepEqual(
    batches.map(({ size }) => size),
    [1, 256],
  );
  for (let i = 0; i < 4; i++) {
    await next(i + 1);
    batches[i]?.finish();
  }
  await Promise.all([first, ...few, ...many]);
});

test('a full queue turns requests away at once, with a time to come again', async () => {
  const { batches, run, next } = manual();
  const lanes = openLanes(run, 1);
  const running = lanes.submit('a', hold([]));
  await next(1);
  const waiting = Array.from({ length: 5_000 }, () => lanes.submit('a', hold([])));
  await assert.rejects(lanes.submit('a', hold([])), isUnavailable);
  for (let i = 0; i < 21; i++) {
    await next(i + 1);
    batches[i]?.finish();
  }
  await Promise.all([running, ...waiting]);
});

test('a request that waited too long is turned away instead of being decided late', async () => {
  const { batches, run, next } = manual();
  let now = 0;
  const lanes = openLanes(run, 1, () => now);
  const running = lanes.submit('a', hold([]));
  await next(1);
  const late = assert.rejects(lanes.submit('a', hold([])), isUnavailable);
  now = 2_501;
  const young = lanes.submit('a', hold([]));
  batches[0]?.finish();
  await late;
  await next(2);
  batches[1]?.finish();
  await Promise.all([running, young]);
  assert.equal(batches[1]?.size, 1);
});

test('draining finishes what waits and turns away what comes after', async () => {
  const { batches, run, next } = manual();
  const lanes = openLanes(run, 1);
  const running = lanes.submit('a', hold([]));
  await next(1);
  const drained = lanes.drain();
  await assert.rejects(lanes.submit('a', hold([])), isUnavailable);
  batches[0]?.finish();
  await Promise.all([running, drained]);
});

function isUnavailable(error: unknown): boolean {
  return error instanceof Problem && error.code === 'unavailable' && error.details.retryAfterSeconds === 1;
}
