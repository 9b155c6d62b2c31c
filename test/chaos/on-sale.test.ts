import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onSaleTable, runOnSale, wrongIn, type OnSale } from './on-sale.ts';

const SMALL: OnSale = {
  hall: { seats: 200, rows: 10, standing: 50, orphanRule: 'on' },
  buyers: 400,
  connections: 40,
  holdSeconds: 4,
  codeUses: 20,
};

/** `npm run test:long -- on-sale` has a hundred times as many. */
test('a sale that everybody has waited for: each place is sold once or free, though a server is killed', async (t) => {
  const tally = await runOnSale(SMALL);
  t.diagnostic(`\n${onSaleTable(tally)}`);
  assert.deepEqual(wrongIn(tally), []);
  assert.ok(tally.hopes.left > 0 && tally.hopes.disappointed > 0, 'nobody left, or nobody came too late');
  assert.ok(tally.unknown > 0, 'the kill hit nobody');
});

test('control: without locks, constraint and orphan rule the same sale sells places twice and leaves seats alone', async () => {
  const { findings } = await runOnSale({
    ...SMALL,
    hall: { ...SMALL.hall, orphanRule: 'off' },
    without: {
      env: { HOLDFAST_TEST_UNSAFE: 'no-guard' },
      prepare: (client) => client.query('alter table engine.stock drop constraint stock_never_oversold'),
    },
  });
  assert.notDeepEqual(findings.soldTwice, []);
  assert.notDeepEqual(findings.orphans, []);
});
