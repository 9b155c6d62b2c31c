import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadStatements } from '../load-statements.ts';
import { examinePlans } from './examine.ts';

before(loadStatements);

test('on a hundred thousand bookings no statement scans a table, and no hot one reads ten rows for each it returns', async () => {
  const { planned, wrong } = await examinePlans(100_000);
  assert.ok(planned > 150, `only ${planned} statements were found`);
  assert.deepEqual(wrong, []);
});
