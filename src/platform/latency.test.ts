import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHistogram } from './histogram.ts';
import { addedSince, countsOf, latencyOf, slowest } from './latency.ts';

const THRESHOLDS = [0.1, 0.2, 0.4];

test('times between two moments are told by their share, within one threshold and the next', () => {
  const labelNames = ['route', 'status'];
  const histogram = openHistogram({
    name: 'seconds',
    help: 'of the test',
    labelNames,
    thresholds: THRESHOLDS,
  });
  const look = () => countsOf(histogram, ([route = '']) => route);
  for (let n = 0; n < 1_000; n++) histogram.observe(0.05, 'before', '2xx');
  const before = look();
  for (let n = 0; n < 60; n++) histogram.observe(0.05, 'a', '2xx');
  for (let n = 0; n < 40; n++) histogram.observe(0.3, 'a', '5xx');
  for (let n = 0; n < 2; n++) histogram.observe(9, 'b', '2xx');
  const added = addedSince(look(), before);
  assert.deepEqual([...added.keys()], ['a', 'b']);
  const a = added.get('a') ?? [];
  assert.deepEqual(a, [60, 60, 100, 100]);
  // Half of 100 are 50 of the 60 below 100 ms; 95 are 35 of the 40 between 200 and 400 ms.
  assert.deepEqual(latencyOf(THRESHOLDS, [a]), { count: 100, p50Ms: 83.33, p95Ms: 375, p99Ms: 395 });
  const [[name, b] = []] = slowest(THRESHOLDS, added, 1);
  assert.equal(name, 'b');
  assert.equal(b?.p50Ms, 400, 'past the last threshold nothing more is known');
  assert.deepEqual(latencyOf(THRESHOLDS, []), {
    count: 0,
    p50Ms: undefined,
    p95Ms: undefined,
    p99Ms: undefined,
  });
});
