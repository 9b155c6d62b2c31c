import type { Transaction } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { statement } from '../platform/statement.ts';

const setGuard = statement('engine.setGuard', {
  params: ['uuid', 'uuid', 'int4'],
  columns: {},
  text: `insert into engine.guard as g (tenant_id, guard_id, version) values ($1, $2, $3)
    on conflict (tenant_id, guard_id) do update set version = excluded.version`,
});

const deleteGuard = statement('engine.deleteGuard', {
  params: ['uuid', 'uuid'],
  columns: {},
  text: `delete from engine.guard g where g.tenant_id = $1 and g.guard_id = $2`,
});

/**
 * Says that a catalogue entry is now at `version`: sales resolved from an older one are sent back to be resolved
 * again. In the transaction that changes the entry.
 */
export async function raiseGuard(tx: Transaction, guardId: Uuid, version: number): Promise<void> {
  await tx.run(setGuard, guardId, version);
}

/** For an entry that is gone: sales resolved from it find no version to match. */
export async function dropGuard(tx: Transaction, guardId: Uuid): Promise<void> {
  await tx.run(deleteGuard, guardId);
}
