import { affectedBy, tellBookings } from '../../engine/affected.ts';
import { recordChanges } from '../../engine/change.ts';
import type { Transaction } from '../../platform/db.ts';
import { Problem, ruleViolated } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import type { CheckVersion } from '../entry.ts';
import * as sql from './event-queries.ts';
import {
  idsOf,
  keptTerms,
  lockDates,
  priceBySection,
  readEvent,
  requireOnePriceEach,
  stopSales,
  type LockedEvent,
  type SectionOfEvent,
} from './event.ts';
import type { ChangedEvent, EventPatch } from './schema.ts';
import { changeTiers } from './tier.ts';

type Fields = Omit<EventPatch, 'scope'>;

/**
 * Changes the fields sent: of the event, or of dates of its series with it, of all of them or of none. `check` sees the version
 * of the one that is named under its lock and throws when the caller's is older. When it is put off, everybody keeps his places
 * and is told, by a change of his booking; the answer says who that is.
 */
export async function updateEvent(
  tx: Transaction,
  actor: string,
  id: Uuid,
  { scope, ...fields }: EventPatch,
  check: CheckVersion,
): Promise<ChangedEvent> {
  requireOfAll(fields, scope);
  const dates = await lockDates(tx, id, scope ?? 'this');
  check(dates[0].version);
  const was = await readEvent(tx, id);
  const { sections } = await stopSales(tx, ...dates);
  await changeEach(tx, dates, fields, sections);
  const payload = { ...fields, tiers: fields.tiers?.map(({ accessCodes: _, ...tier }) => tier) };
  await recordChanges(
    tx,
    idsOf(dates).map((date) => ({ type: 'event.updated', resourceIds: [date], actor, payload })),
  );
  const event = { ...(await readEvent(tx, id)), ...(scope !== undefined && { dates: idsOf(dates) }) };
  if (was.startsAt === event.startsAt && was.endsAt === event.endsAt) return event;
  const affected = await affectedBy(tx, idsOf(sections));
  const [from, to] = [was, event].map(({ startsAt, endsAt }) => ({ startsAt, endsAt }));
  await tellBookings(tx, idsOf(sections), {
    ...{ type: 'booking.eventPostponed', about: [id], actor },
    payload: { eventId: id, from, to },
  });
  return { ...event, affected };
}

/** Throws `rule_violated` for what cannot be the same of several dates. */
function requireOfAll(fields: Fields, scope: EventPatch['scope']): void {
  if (Object.keys(fields).length === 0)
    throw ruleViolated('', 'missing_field', 'Say what is to be changed of the dates.');
  if (scope === undefined || scope === 'this') return;
  for (const field of ['startsAt', 'endsAt'] as const)
    if (fields[field] !== undefined)
      throw ruleViolated(`/${field}`, 'unknown_field', 'This is of one date: put dates off one by one.');
}

/** Throws what the first of those that are refused is told, and names them all. */
async function changeEach(
  tx: Transaction,
  dates: readonly LockedEvent[],
  fields: Fields,
  sections: readonly SectionOfEvent[],
): Promise<void> {
  const ofDate = Map.groupBy(sections, ({ eventId }) => eventId);
  const changes = dates.map(({ id }) =>
    changeTerms(tx, id, fields, ofDate.get(id) ?? []).then(() => null, asRefusal),
  );
  const outcomes = await Promise.all(changes).catch(async (error: unknown) => {
    await Promise.allSettled(changes); // none goes on in a transaction that is over
    throw error;
  });
  const refused = dates.filter((_, i) => outcomes[i] !== null);
  const first = outcomes.find((outcome) => outcome !== null);
  if (!first) return;
  if (dates.length === 1) throw first;
  const detail = `${refused.length} of ${dates.length} dates cannot be changed so, and none was. ${first.message}`;
  throw new Problem(first.code, detail, { ...first.details, dates: idsOf(refused) });
}

function asRefusal(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}

async function changeTerms(
  tx: Transaction,
  id: Uuid,
  fields: Fields,
  sections: readonly SectionOfEvent[],
): Promise<void> {
  const terms = keptTerms({ ...(await readEvent(tx, id)), ...fields });
  await tx.run(sql.updateEvent, id, ...terms);
  if (fields.prices !== undefined) {
    const prices = priceBySection(fields.prices, sections);
    await tx.run(sql.updatePrices, id, [...prices.keys()], [...prices.values()]);
    requireOnePriceEach(await tx.run(sql.sectionsOfEvents, [id]));
  }
  await changeTiers(tx, id, fields, sections);
}
