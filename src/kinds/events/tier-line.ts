import type { UnitsNeed } from '../../engine/claim.ts';
import { ONLY_BUCKET, type BookingLine } from '../../engine/index.ts';
import { iso, type Instant } from '../../platform/clock.ts';
import { ruleViolated } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { at, noSuch } from '../line.ts';
import { shownTo } from './access-code.ts';
import type { EventForSale, SectionForSale, TierForSale } from './catalogue.ts';
import { isSoldIn } from './tier.ts';

/** An event at the prices of one tier, or of none: of a section that is not sold so, the price is null. */
export type EventAtPrice = EventForSale & { tier?: TierForSale };

/** The event at the prices of the tier that is named; undefined when it has no such tier. */
export function atPriceOf(event: EventForSale, name: string | undefined): EventAtPrice | undefined {
  if (name === undefined) return event;
  const tier = event.tiers.get(name);
  if (tier === undefined) return undefined;
  const sections = [...event.sections].map(([id, section]) => {
    const amountMinor = isSoldIn(tier, section.name) ? tier.amountMinor : null;
    return [id, { ...section, amountMinor }] as const;
  });
  return { ...event, tier, sections: new Map(sections) };
}

/** The event at the price that line `no` names. Throws `not_found` for a tier that it does not have. */
export function requireTier(event: EventForSale, name: string | undefined, no: number): EventAtPrice {
  const priced = atPriceOf(event, name);
  if (priced === undefined) throw noSuch('tier', at(no, 'tier'));
  return priced;
}

/** Throws `rule_violated` unless the tier is sold at this moment. */
export function requireTierOpen({ saleFrom, saleTo }: TierForSale, now: Instant, no: number): void {
  if (saleFrom !== null && now < saleFrom)
    throw ruleViolated(at(no, 'tier'), 'sale_not_open', `This tier is sold from ${iso(saleFrom)} on.`);
  if (saleTo !== null && now >= saleTo)
    throw ruleViolated(at(no, 'tier'), 'sale_closed', `This tier was sold until ${iso(saleTo)}.`);
}

/**
 * The event as it is sold to whoever has this code; `had` is a hidden tier that he keeps without. What is left out is to him
 * as what never was: lines that name it are refused in the same words.
 */
export function offeredTo(event: EventForSale, accessCode: string | undefined, had?: string): EventForSale {
  const shown = shownTo({ seesAll: false, accessCode }, event.id);
  const tiers = [...event.tiers].filter(([name, tier]) => name === had || shown(tier));
  if (tiers.length === event.tiers.size) return event;
  const sections = [...event.sections].filter(
    ([, { name, amountMinor }]) => amountMinor !== null || tiers.some(([, tier]) => isSoldIn(tier, name)),
  );
  return { ...event, tiers: new Map(tiers), sections: new Map(sections) };
}

/** Whether the line has as many places of this tier already: then it may keep them, elsewhere in the event too. */
export function hasAlready(
  was: BookingLine | undefined,
  { eventId, tier }: { eventId: Uuid; tier?: string | null | undefined },
  quantity: number,
): boolean {
  if (was === undefined) return false;
  const { details } = was;
  return details['eventId'] === eventId && details['tier'] === tier && quantity <= was.quantity;
}

/** The one price of these sections. Throws `rule_violated` when they have several, or one is not sold so. */
export function onePrice(
  sections: readonly SectionForSale[],
  { tier }: EventAtPrice,
  no: number,
  field: string,
): number {
  const [price = null, other] = new Set(sections.map((section) => section.amountMinor));
  if (price === null || other === null)
    throw tier === undefined
      ? ruleViolated(at(no, 'tier'), 'missing_field', 'Here places are sold in tiers. Name one of them.')
      : ruleViolated(at(no, 'tier'), 'invalid_reference', `The tier "${tier.name}" is not sold here.`);
  if (other !== undefined)
    throw ruleViolated(
      at(no, field),
      'mixed_prices',
      'These seats have different prices. Ask for those of each price in a line of their own.',
    );
  return price;
}

/** Places of a tier count for it, also where it has no bound, so that it can be given one; and for its group. */
export function tierLimits(tier: TierForSale | undefined, units: number): UnitsNeed[] {
  if (tier === undefined) return [];
  const { id, capacity, groupId, groupCapacity } = tier;
  const limit = { bucket: ONLY_BUCKET, units };
  const own = { ...limit, resourceId: id, cap: capacity ?? ENDLESS, rule: 'tierCapacity' };
  if (groupId === null) return [own];
  return [own, { ...limit, resourceId: groupId, cap: groupCapacity ?? 0, rule: 'groupCapacity' }];
}
const ENDLESS = 2_147_483_647;
