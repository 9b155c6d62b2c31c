import type { Transaction } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { appendChanges } from './writes.ts';

/** A change that no command of the engine makes: what happened (`room.updated`), to which resources, by whom. */
export interface CatalogueChange {
  type: string;
  resourceIds: readonly Uuid[];
  actor: string;
  /** The booking that it is about; none when not given. */
  bookingId?: Uuid;
  payload?: Readonly<Record<string, unknown>>;
}

/**
 * Appends to the tenant's changes in the caller's transaction. Takes the tenant's clock, the last lock in the order:
 * call it when everything else is written.
 */
export function recordChange(tx: Transaction, change: CatalogueChange): Promise<void> {
  return recordChanges(tx, [change]);
}

/** The same for several that happen together. */
export async function recordChanges(tx: Transaction, changes: readonly CatalogueChange[]): Promise<void> {
  if (changes.length === 0) return;
  const appended = tx.run(
    appendChanges,
    changes.length,
    null,
    changes.map(({ type }) => type),
    changes.map(({ bookingId }) => bookingId ?? null),
    changes.map(({ resourceIds }) => `{${resourceIds.join(',')}}`),
    changes.map(({ actor }) => actor),
    changes.map(({ payload }) => payload ?? {}),
    [],
    [],
  );
  tx.tellsOfChange(changes, appended);
  await appended;
}
