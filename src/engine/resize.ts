import type { Outcome, Resize } from './command.ts';
import type { Ledger } from './ledger.ts';
import { NOWHERE } from './reach.ts';

/** Sets capacities and overbooking allowances; never below what is taken, and then it says by how much. */
export function resize({ rows, actor }: Resize, ledger: Ledger): Outcome {
  const short: { resourceId: string; bucket: string; by: number }[] = [];
  for (const { resourceId, bucket, capacity, overbook } of rows) {
    const row = ledger.stockRow({ resourceId, bucket });
    if (row === undefined) return { result: 'notFound' };
    const by = row.taken - capacity - overbook;
    if (by > 0) short.push({ resourceId, bucket, by });
  }
  if (short.length > 0) return { result: 'belowTaken', short };
  for (const row of rows) ledger.resize(row);
  const resourceIds = [...new Set(rows.map((row) => row.resourceId))];
  ledger.record({ type: 'stock.resized', bookingId: null, ...NOWHERE, resourceIds, actor, payload: {} });
  return { result: 'resized' };
}
