import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '../platform/db.ts';
import { DatabaseFault, type FaultKind } from '../platform/fault.ts';
import { once } from './idempotency.ts';

const asked = { principal: 'key:1', route: 'POST /rooms', key: 'one', fingerprint: Buffer.alloc(32) };

/** How many transactions a keyed write opens when its first one ends in this fault. */
async function transactionsAfter(kind: FaultKind): Promise<number> {
  let transactions = 0;
  const inTenant: Database['inTenant'] = () => {
    transactions += 1;
    return Promise.reject(new DatabaseFault(kind, '', '', 'planted'));
  };
  const db = { inTenant } as Pick<Database, 'inTenant'> as Database; // all that is used of it
  await assert.rejects(
    once(db, 'tenant', asked, () => assert.fail()),
    DatabaseFault,
  );
  return transactions;
}

test('a keyed write looks for its twin behind a constraint, and asks no database again that has kept it waiting', async () => {
  for (const kind of ['unique', 'reference', 'exclusion', 'check'] as const)
    assert.equal(await transactionsAfter(kind), 2, kind);
  for (const kind of ['busy', 'lost', 'full'] as const) assert.equal(await transactionsAfter(kind), 1, kind);
});
