import { recordChange } from '../engine/change.ts';
import { raiseGuard } from '../engine/guard.ts';
import { limitId } from '../engine/limit-id.ts';
import { lockStock } from '../engine/stock.ts';
import { iso, isoOrNull } from '../platform/clock.ts';
import type { Transaction } from '../platform/db.ts';
import { notFound, Problem, ruleViolated } from '../platform/errors.ts';
import type { Uuid } from '../platform/id.ts';
import { instantOrNull } from '../platform/schema.ts';
import type { Row } from '../platform/statement.ts';
import * as sql from './code-queries.ts';
import type { DiscountCode, DiscountCodePatch, NewDiscountCode } from './code-schema.ts';

type Terms = Required<Omit<NewDiscountCode, 'code'>>;
const NO_TERMS: Terms = {
  ...{ percent: null, amountMinor: null, validFrom: null, validTo: null, maxUses: null },
  ...{ maxUsesPerClient: null, minOrderMinor: 0, kinds: null, eventIds: null, tiers: null },
};

export function toCode(row: Row<typeof sql.codesById.columns>): DiscountCode {
  const { validFrom, validTo, archivedAt, createdAt, ...rest } = row;
  return {
    ...rest,
    validFrom: isoOrNull(validFrom),
    validTo: isoOrNull(validTo),
    archived: archivedAt !== null,
    createdAt: iso(createdAt),
  };
}

/** Adds a code. Throws `already_exists` when there is one that reads the same, and `rule_violated` for what cannot be. */
export async function createCode(
  tx: Transaction,
  actor: string,
  { code, ...asked }: NewDiscountCode,
  tenant: { id: Uuid },
): Promise<DiscountCode> {
  const id = codeId(tenant.id, code);
  const [made] = await tx.run(sql.insertCode, id, normalised(code), ...kept({ ...NO_TERMS, ...asked }));
  if (made === undefined)
    throw new Problem('already_exists', 'There is already such a code, perhaps an archived one.');
  await tx.run(sql.succeedCode, id);
  const added = await readCode(tx, id);
  await raiseGuard(tx, id, added.version);
  await recordChange(tx, { type: 'discountCode.created', resourceIds: [id], actor });
  return added;
}

/** Changes the fields sent. `check` sees the version under the lock and throws when the caller's is older. */
export async function updateCode(
  tx: Transaction,
  actor: string,
  id: Uuid,
  patch: DiscountCodePatch,
  check: (version: number) => void,
): Promise<DiscountCode> {
  const before = await lockCode(tx, id);
  check(before.version);
  const after = { ...before, ...patch };
  const terms = kept(after);
  await lockStock(tx, [id]); // whoever has read the terms of before has taken his use, or reads them again
  await tx.run(sql.updateCode, id, after.archived, ...terms);
  await raiseGuard(tx, id, before.version + 1);
  await recordChange(tx, { type: 'discountCode.updated', resourceIds: [id], actor, payload: patch });
  return readCode(tx, id);
}

/** Removes a code that no booking has. Throws `in_use` otherwise: such a code is archived. */
export async function deleteCode(
  tx: Transaction,
  actor: string,
  id: Uuid,
  check: (version: number) => void,
): Promise<void> {
  const { version } = await lockCode(tx, id);
  check(version);
  if ((await lockStock(tx, [id])) > 0)
    throw new Problem('in_use', 'Bookings have this code. Archive it instead: PATCH {"archived": true}.');
  await tx.run(sql.deleteCode, id);
  await raiseGuard(tx, id, version + 1); // it stays: a code that reads the same has the same id
  await recordChange(tx, { type: 'discountCode.deleted', resourceIds: [id], actor });
}

export async function readCode(tx: Transaction, id: Uuid): Promise<DiscountCode> {
  const [row] = await tx.run(sql.codesById, [id]);
  if (row === undefined) throw notFound('discount code');
  return toCode(row);
}

/** Follows from what people type, so that a hold knows what to look for and to lock. */
export function codeId(tenant: Uuid, code: string): Uuid {
  return limitId('discount code', tenant, normalised(code));
}

/** As codes are compared, whatever a keyboard makes of them. */
function normalised(code: string): string {
  return code.trim().normalize('NFC').toUpperCase();
}

async function lockCode(tx: Transaction, id: Uuid): Promise<DiscountCode> {
  await tx.run(sql.lockCode, id);
  return readCode(tx, id); // a statement of its own: it sees what the wait for the lock was for
}

/** The terms in the order of the columns. */
function kept({ percent, amountMinor, validFrom, validTo, ...terms }: Terms) {
  if ((percent === null) === (amountMinor === null))
    throw ruleViolated('/percent', 'missing_field', 'A code takes off either percent or amountMinor.');
  const from = instantOrNull(validFrom);
  const to = instantOrNull(validTo);
  if (from !== null && to !== null && to <= from) throw ruleViolated('/validTo', 'empty_interval');
  const { maxUses, maxUsesPerClient, minOrderMinor, kinds, eventIds, tiers } = terms;
  return [
    ...([percent, amountMinor, from, to, maxUses, maxUsesPerClient] as const),
    ...([minOrderMinor, kinds, eventIds, tiers] as const),
  ] as const;
}
