import type { Transaction } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { appendChanges } from './writes.ts';

/** A change of the catalogue: what happened (`room.updated`), to which resources, by whom. */
export interface CatalogueChange {
  type: string;
  resourceIds: readonly Uuid[];
  actor: string;
  payload?: Readonly<Record<string, unknown>>;
}

/**
 * Appends to the tenant's changes in the caller's transaction. Takes the tenant's clock, the last lock in the order:
 * call it when everything else is written.
 */
export async function recordChange(tx: Transaction, change: CatalogueChange): Promise<void> {
  const resources = `{${change.resourceIds.join(',')}}`;
  const appended = tx.run(
    appendChanges,
    1,
    null,
    [change.type],
    [null],
    [resources],
    [change.actor],
    [change.payload ?? {}],
  );
  tx.tellsOfChange([change], appended);
  await appended;
}
