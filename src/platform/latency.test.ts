import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from 'prom-client';
import { addedSince, countsOf, latencyOf, slowest } from './latency.ts';

const THRESHOLDS = [0.1, 0.2, 0.4];

test('times between two moments are told by their share, within one threshold and the next', async () => {
  const histogram = new Histogram({
    name: 'seconds',
    help: 'of the test',
    labelNames: ['route', 'status'],
    buckets: THRESHOLDS,
    registers: [],
  });
  const look = () => countsOf(histogram, ({ route }) => String(route));
  for (let n = 0; n < 1_000; n++) histogram.observe({ route: 'before', status: '2xx' }, 0.05);
  const before = await look();
  for (let n = 0; n < 60; n++) histogram.observe({ route: 'a', status: '2xx' }, 0.05);
  for (let n = 0; n < 40; n++) histogram.observe({ route: 'a', status: '5xx' }, 0.3);
  for (let n = 0; n < 2; n++) histogram.observe({ route: 'b', status: '2xx' }, 9);
  const added = addedSince(await look(), before);
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
