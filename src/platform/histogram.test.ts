import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { openHistogram } from './histogram.ts';

const SHAPE = { name: 'seconds', help: 'of the test', labelNames: ['route', 'status'] };
const THRESHOLDS = [0.001, 0.25, 1, 5];

test('Prometheus reads what it would read of its own histogram', async () => {
  const observed = fc.record({
    value: fc.oneof(fc.constantFrom(0, ...THRESHOLDS, 6), fc.double({ min: 0, max: 8, noNaN: true })),
    route: fc.constantFrom('/a', '/b "quoted"', ''),
    status: fc.constantFrom('2xx', '5xx'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(observed), async (all) => {
      const [own, theirs] = [new Registry(), new Registry()];
      const ours = openHistogram({ ...SHAPE, thresholds: THRESHOLDS, registry: own });
      const model = new Histogram({ ...SHAPE, buckets: THRESHOLDS, registers: [theirs] });
      for (const { value, route, status } of all) {
        ours.observe(value, route, status);
        model.observe({ route, status }, value);
      }
      assert.equal(await own.metrics(), await theirs.metrics());
    }),
  );
});

test('what has no labels is told from the start', async () => {
  const [own, theirs] = [new Registry(), new Registry()];
  const { name, help } = SHAPE;
  openHistogram({ name, help, thresholds: THRESHOLDS, registry: own });
  theirs.registerMetric(new Histogram({ name, help, buckets: THRESHOLDS, registers: [] }));
  assert.equal(await own.metrics(), await theirs.metrics());
});
