import type { UnitsNeed } from '../engine/claim.ts';
import { ONLY_BUCKET, type BookingLine, type HoldLine } from '../engine/index.ts';
import { keepEntries } from '../engine/kept-entries.ts';
import { limitId } from '../engine/limit-id.ts';
import { iso, type Instant } from '../platform/clock.ts';
import type { Database } from '../platform/db.ts';
import { ruleViolated } from '../platform/errors.ts';
import type { Uuid } from '../platform/id.ts';
import type { Row } from '../platform/statement.ts';
import { codeId } from './code.ts';
import * as sql from './code-queries.ts';
import { carriedDiscount, discountOf, type Rate } from './discount.ts';

/** A code as far as selling needs to know it. */
export type CodeForSale = Row<typeof sql.codesForSale.columns>;

/** What a line sells, as far as a code can be for it: an event, and of each section its name, price category and tier. */
export interface Sold {
  eventId: Uuid;
  tiers: readonly (readonly (string | null)[])[];
}
export type SoldLine = HoldLine & { sold?: Sold };

/** What a line keeps of the code it was bought with; its price less `amountMinor` is its total. */
export interface Discount {
  code: string;
  /** Null: of an amount off the whole order. */
  percent: number | null;
  amountMinor: number;
}

/** Each some 300 bytes. */
const MOST_KEPT = 20_000;

/** Codes by id. Their version travels with the sale as a guard, so an old one costs a second look only. */
const codesForSale = keepEntries<CodeForSale>({ most: MOST_KEPT, weight: () => 1 }, (db, tenant, ids) =>
  db.read(tenant, sql.codesForSale, ids),
);

/** The code of this text; undefined when the company has none. `fresh` reads past what is kept. */
export async function findCode(
  db: Database,
  tenant: Uuid,
  text: string,
  fresh: boolean,
): Promise<CodeForSale | undefined> {
  const id = codeId(tenant, text);
  return (await codesForSale(db, tenant, [id], fresh)).get(id);
}

const AT = '/discountCode';

/** Throws `rule_violated` when there is no such code, or when it is not its time. */
export function requireValid<C extends CodeForSale>(code: C | undefined, now: Instant): C {
  if (code === undefined) throw ruleViolated(AT, 'code_unknown');
  if (code.archivedAt !== null) throw ruleViolated(AT, 'code_expired');
  if (code.validFrom !== null && now < code.validFrom)
    throw ruleViolated(AT, 'code_not_yet', `This code can be used from ${iso(code.validFrom)} on.`);
  if (code.validTo !== null && now >= code.validTo)
    throw ruleViolated(AT, 'code_expired', `This code could be used until ${iso(code.validTo)}.`);
  return code;
}

/** The lines with their discount. Throws `rule_violated` when the code is for none of them or the order too small. */
export function discounted<L extends SoldLine>(code: CodeForSale, lines: readonly L[]): L[] {
  const eligible = lines.filter((line) => line.totalMinor > 0 && isFor(code, line));
  if (eligible.length === 0) throw ruleViolated(AT, 'code_not_applicable');
  const order = lines.reduce((sum, line) => sum + line.totalMinor, 0);
  if (order < code.minOrderMinor)
    throw ruleViolated(
      AT,
      'minimum_not_reached',
      `This code needs an order of at least ${code.minOrderMinor}, and this one is ${order}.`,
    );
  const parts = discountOf(
    rateOf(code),
    eligible.map((line) => line.totalMinor),
  );
  const off = new Map(eligible.map((line, i) => [line, parts[i] ?? 0]));
  return lines.map((line) => {
    const amountMinor = off.get(line);
    return amountMinor === undefined ? line : less(line, { ...labelOf(code), amountMinor });
  });
}

/** A booking's one use of its code: counted with the hold, and given back with it, whichever of its lines are left. */
export function usesOf({ id, maxUses, maxUsesPerClient }: CodeForSale, client: string): UnitsNeed[] {
  const use = { bucket: ONLY_BUCKET, units: 1, until: 'bookingEnd' } as const;
  const all = { ...use, resourceId: id, cap: maxUses ?? ENDLESS, rule: 'codeUses' };
  if (maxUsesPerClient === null) return [all];
  const own = { resourceId: limitId(id, client), cap: maxUsesPerClient, rule: 'codeUsesPerClient' };
  return [all, { ...use, ...own }];
}
const ENDLESS = 2_147_483_647;

export function discountOn({ details }: Pick<BookingLine, 'details'>): Discount | undefined {
  return details['discount'] as Discount | undefined; // as `less` wrote it
}

/**
 * Lines that are moved, with the discount that they had: on the terms it was given on, and nothing where the code is not
 * for what they are now.
 */
export async function carryDiscounts<L extends SoldLine>(
  db: Database,
  tenant: Uuid,
  before: readonly BookingLine[],
  lines: readonly L[],
): Promise<L[]> {
  const had = new Map(before.flatMap((line) => [[line.no, discountOn(line)] as const]));
  const [first] = lines.flatMap((line) => had.get(line.no) ?? []);
  if (first === undefined) return [...lines];
  const code = await findCode(db, tenant, first.code, true);
  return lines.map((line) => {
    const discount = had.get(line.no);
    if (discount === undefined) return line;
    const stays = code === undefined || isFor(code, line);
    const { percent, amountMinor } = discount;
    const off = stays ? carriedDiscount(percent, amountMinor, line.totalMinor) : 0;
    return less(line, { ...discount, amountMinor: off });
  });
}

function isFor({ kinds, eventIds, tiers }: CodeForSale, { kind, sold }: SoldLine): boolean {
  if (kinds !== null && !kinds.includes(kind)) return false;
  if (eventIds !== null && (sold === undefined || !eventIds.includes(sold.eventId))) return false;
  if (tiers === null) return true;
  return sold?.tiers.every((names) => names.some((name) => name !== null && tiers.includes(name))) ?? false;
}

function less<L extends HoldLine>(line: L, discount: Discount): L {
  return {
    ...line,
    details: { ...line.details, discount },
    totalMinor: line.totalMinor - discount.amountMinor,
  };
}

function labelOf({ code, percent }: CodeForSale): Omit<Discount, 'amountMinor'> {
  return { code, percent };
}

function rateOf({ percent, amountMinor }: CodeForSale): Rate {
  return percent === null ? { percent, amountMinor: amountMinor ?? 0 } : { percent, amountMinor: null };
}
