import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { carryOut } from './carry-out.ts';
import { controls, takeGuardOut, uncontrolled } from './controls.ts';
import { rows } from './matrix.ts';

/** A row that needs neither root nor patience; `npm run test:faults` has them all. */
const QUICK = ['F21'];

describe('under load everybody is told the truth within 5 s, and nothing is lost, with', () => {
  for (const row of rows.filter(({ name }) => QUICK.includes(name)))
    test(row.fault, async () => {
      const { broken, figures } = await carryOut(row);
      assert.deepEqual(broken, []);
      assert.ok((figures?.acknowledged ?? 0) > 0, 'nobody was served');
    });
});

describe('with a guard taken out a row goes red', () => {
  for (const control of controls.filter(({ row }) => row.name === 'F21'))
    test(`without ${control.without}: ${control.row.fault}`, async () => {
      const { verdict, complaints } = await takeGuardOut(control);
      assert.equal(verdict, 'red', complaints.join('\n'));
    });

  test('and every row has such a control, or says why it has none', () => {
    const named = [...controls.map(({ row }) => row.name), ...Object.keys(uncontrolled)];
    assert.deepEqual(named.toSorted(), rows.map(({ name }) => name).toSorted());
  });
});
