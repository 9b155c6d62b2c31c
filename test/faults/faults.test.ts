import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { carryOut } from './carry-out.ts';
import { rows } from './matrix.ts';

/** The rows that need neither root nor patience; `npm run test:faults` has them all. */
const QUICK = ['F21', 'T1'];

describe('under load everybody is told the truth within 5 s, and nothing is lost, with', () => {
  for (const row of rows.filter(({ name }) => QUICK.includes(name)))
    test(row.fault, async () => {
      const { broken, figures } = await carryOut(row);
      assert.deepEqual(broken, []);
      assert.ok((figures?.acknowledged ?? 0) > 0, 'nobody was served');
    });
});
