import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runKills } from './run.ts';
import { blows } from './storm.ts';
import { harm, table } from './table.ts';

const range = { rooms: 2, slots: 12, seats: 16, standing: 40 };

/**
 * Each kind of kill once, under customers who want twice what there is, with nobody to sweep up after them.
 * `npm run test:long -- kills` has 200 and more, with the sweeper in half of its runs.
 */
describe('servers and PostgreSQL killed at every point of a batch, and at random', () => {
  test('nothing acknowledged is lost, nothing sold twice, everything sold', async (t) => {
    const tally = await runKills({ plan: blows, sweeper: 'off', range });
    t.diagnostic(`\n${table([{ name: 'every blow', tally }])}`);
    assert.deepEqual(harm(tally), []);
    assert.deepEqual(new Set(tally.struck), new Set(blows));
    assert.equal(tally.sold, tally.capacity);
    assert.equal(tally.resolved, tally.unknown);
    assert.ok(tally.unknown > 0, 'no kill hit anybody');
  });
});
