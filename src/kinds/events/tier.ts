import { limitId } from '../../engine/limit-id.ts';
import { heldAmong } from '../../engine/stock.ts';
import { isoOrNull, type Instant } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db.ts';
import { Problem, ruleViolated, type Fault } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { instantOrNull } from '../../platform/schema.ts';
import * as sql from './tier-queries.ts';
import { digestOf } from './access-code.ts';
import type * as schema from './tier-schema.ts';

/** A price of an event that is sold beside those of its sections. */
export interface Tier {
  /** Its row of stock. */
  id: Uuid;
  name: string;
  amountMinor: number;
  /** Names of the sections it is sold in; null: all. */
  sections: readonly string[] | null;
  capacity: number | null;
  group: string | null;
  saleFrom: Instant | null;
  saleTo: Instant | null;
  maxPerOrder: number | null;
  hidden: boolean;
  /** Digests of the access codes that unlock it. */
  codes: readonly string[];
}

/** Tiers that share places. */
export interface TierGroup {
  id: Uuid;
  name: string;
  capacity: number;
}

export interface Tiers {
  tiers: readonly Tier[];
  groups: readonly TierGroup[];
}

/** What is asked for of tiers and groups: those named are changed or new, the others stay. */
export interface AskedTiers {
  tiers?: readonly schema.TierPatch[] | undefined;
  groups?: readonly schema.Group[] | undefined;
}

const NONE: Tiers = { tiers: [], groups: [] };
const MOST = 50;

export function toTiers(tiers: unknown, groups: unknown): Tiers {
  return { tiers: (tiers ?? []) as Tier[], groups: (groups ?? []) as TierGroup[] }; // as the statements build them
}

export function isSoldIn({ sections }: Pick<Tier, 'sections'>, section: string): boolean {
  return sections?.includes(section) ?? true;
}

export function tierAnswer({ name, amountMinor, sections, capacity, group, ...tier }: Tier): schema.Tier {
  const { saleFrom, saleTo, maxPerOrder, hidden, codes } = tier;
  return {
    ...{ name, amountMinor, sections: sections === null ? null : [...sections], capacity, group },
    ...{ saleFrom: isoOrNull(saleFrom), saleTo: isoOrNull(saleTo), maxPerOrder },
    ...{ hidden, codes: codes.length },
  };
}

/** Writes the tiers of an event that was made just now. */
export async function addTiers(
  tx: Transaction,
  eventId: Uuid,
  asked: AskedTiers,
  sections: readonly { name: string }[],
): Promise<void> {
  await writeTiers(tx, eventId, merged(eventId, NONE, asked, sections));
}

/**
 * Changes tiers and groups, while the event and its sections are locked: nothing of a tier is sold without a place of a
 * section. Throws `in_use` where more is taken than there would be, and says how much.
 */
export async function changeTiers(
  tx: Transaction,
  eventId: Uuid,
  asked: AskedTiers,
  sections: readonly { name: string }[],
): Promise<void> {
  if (asked.tiers === undefined && asked.groups === undefined) return;
  const [row] = await tx.run(sql.tiersAndGroups, eventId);
  const before = toTiers(row?.tiers, row?.groups);
  const after = merged(eventId, before, asked, sections);
  const held = await heldAmong(
    tx,
    [...after.tiers, ...after.groups].map(({ id }) => id),
  );
  requireRoom(asked, after, held);
  requireSameGroups(before, after, held);
  await writeTiers(tx, eventId, after);
}

async function writeTiers(tx: Transaction, eventId: Uuid, { tiers, groups }: Tiers): Promise<void> {
  for (const [i, { id, name, capacity }] of groups.entries())
    await tx.run(sql.putGroup, eventId, name, i + 1, id, capacity);
  for (const [i, { id, name, amountMinor, sections, capacity, group, ...tier }] of tiers.entries()) {
    const { saleFrom, saleTo, maxPerOrder, hidden, codes } = tier;
    const terms = [sections, capacity, group, saleFrom, saleTo, maxPerOrder, hidden, codes] as const;
    await tx.run(sql.putTier, eventId, name, i + 1, id, amountMinor, ...terms);
  }
}

/** The tiers as they are to be. Throws `rule_violated` for what cannot be. */
function merged(
  eventId: Uuid,
  { tiers, groups }: Tiers,
  asked: AskedTiers,
  sections: readonly { name: string }[],
): Tiers {
  const allGroups = new Map(groups.map((group) => [group.name, group]));
  for (const [i, { name, capacity }] of distinct(asked.groups, '/groups').entries()) {
    allGroups.set(name, { id: limitId('tier group', eventId, name), name, capacity });
    requireFew(allGroups.size, `/groups/${i}`);
  }
  const allTiers = new Map(tiers.map((tier) => [tier.name, tier]));
  for (const [i, patch] of distinct(asked.tiers, '/tiers').entries()) {
    const tier = patched(eventId, allTiers.get(patch.name), patch, `/tiers/${i}`);
    requireKnown(tier, sections, allGroups, `/tiers/${i}`);
    allTiers.set(tier.name, tier);
    requireFew(allTiers.size, `/tiers/${i}`);
  }
  return { tiers: [...allTiers.values()], groups: [...allGroups.values()] };
}

const NO_TERMS = {
  ...{ sections: null, capacity: null, group: null, saleFrom: null, saleTo: null, maxPerOrder: null },
  ...{ hidden: false, codes: [] },
};

function patched(eventId: Uuid, before: Tier | undefined, patch: schema.TierPatch, pointer: string): Tier {
  const { name, saleFrom, saleTo, accessCodes, ...fields } = patch;
  const amountMinor = fields.amountMinor ?? before?.amountMinor;
  if (amountMinor === undefined)
    throw ruleViolated(`${pointer}/amountMinor`, 'missing_field', `There is no tier "${name}" yet.`);
  const tier = {
    ...NO_TERMS,
    ...before,
    ...fields,
    ...{ id: limitId('tier', eventId, name), name, amountMinor },
    ...(saleFrom !== undefined && { saleFrom: instantOrNull(saleFrom) }),
    ...(saleTo !== undefined && { saleTo: instantOrNull(saleTo) }),
  };
  if (tier.saleFrom !== null && tier.saleTo !== null && tier.saleTo <= tier.saleFrom)
    throw ruleViolated(`${pointer}/saleTo`, 'empty_interval');
  return { ...tier, codes: codesOf(eventId, tier, accessCodes, `${pointer}/accessCodes`) };
}

/** The digests of the codes of a tier as it is to be. Throws `rule_violated` unless it is hidden exactly when it has some. */
function codesOf(
  eventId: Uuid,
  { hidden, codes }: Pick<Tier, 'hidden' | 'codes'>,
  asked: readonly string[] | undefined,
  pointer: string,
): readonly string[] {
  if (!hidden && asked !== undefined)
    throw ruleViolated(pointer, 'unknown_field', 'Only a hidden tier has access codes: send hidden: true.');
  if (!hidden) return [];
  const own = asked === undefined ? codes : [...new Set(asked.map((code) => digestOf(eventId, code)))];
  if (own.length === 0) throw ruleViolated(pointer, 'missing_field', 'A hidden tier needs access codes.');
  return own;
}

function requireKnown(
  tier: Tier,
  sections: readonly { name: string }[],
  groups: ReadonlyMap<string, TierGroup>,
  pointer: string,
): void {
  for (const [i, name] of (tier.sections ?? []).entries())
    if (!sections.some((section) => section.name === name))
      throw ruleViolated(
        `${pointer}/sections/${i}`,
        'invalid_reference',
        `There is no section "${name}" here.`,
      );
  if (tier.group !== null && !groups.has(tier.group))
    throw ruleViolated(`${pointer}/group`, 'invalid_reference', `There is no group "${tier.group}" here.`);
}

/** Throws `in_use` where more is taken than there would be. */
function requireRoom(asked: AskedTiers, after: Tiers, held: ReadonlyMap<Uuid, number>): void {
  const short = (
    all: readonly (TierGroup | Tier)[],
    named: AskedTiers[keyof AskedTiers],
    at: string,
  ): Fault[] =>
    (named ?? []).flatMap(({ name }, i) => {
      const { id = '', capacity = null } = all.find((one) => one.name === name) ?? {};
      const taken = held.get(id) ?? 0;
      if (capacity === null || capacity >= taken) return [];
      const detail = `${taken} places of "${name}" are taken, so its capacity must be at least that.`;
      return [{ pointer: `${at}/${i}/capacity`, reason: 'below_taken', detail, limit: taken }];
    });
  const errors = [
    ...short(after.groups, asked.groups, '/groups'),
    ...short(after.tiers, asked.tiers, '/tiers'),
  ];
  if (errors.length > 0) throw new Problem('in_use', errors[0]?.detail ?? '', { errors });
}

/** Places that are taken count for the group they were sold in, so their tier stays in it. */
function requireSameGroups(before: Tiers, after: Tiers, held: ReadonlyMap<Uuid, number>): void {
  for (const { id, name, group } of before.tiers)
    if (held.has(id) && after.tiers.find((tier) => tier.id === id)?.group !== group)
      throw new Problem('in_use', `Places of the tier "${name}" are taken, so it stays in its group.`);
}

function distinct<T extends { name: string }>(named: readonly T[] = [], pointer: string): readonly T[] {
  for (const [i, { name }] of named.entries())
    if (named.findIndex((other) => other.name === name) < i)
      throw ruleViolated(`${pointer}/${i}/name`, 'duplicate_item', `"${name}" is there twice.`);
  return named;
}

function requireFew(count: number, pointer: string): void {
  if (count > MOST) throw ruleViolated(pointer, 'too_many_items', `An event has at most ${MOST} of them.`);
}
