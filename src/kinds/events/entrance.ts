import { recordChange } from '../../engine/change.ts';
import type { Instant } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/db.ts';
import { notFound, ruleViolated } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import type { Row } from '../../platform/statement.ts';
import { seatOf } from './place.ts';
import type { SeatRow } from './venue-schema.ts';
import * as sql from './ticket-queries.ts';
import type { Entrance, EntryRules } from './ticket-schema.ts';

export interface TicketSection {
  id: Uuid;
  name: string;
  category: string | null;
  layout: readonly SeatRow[] | null;
}

/** An event as far as its tickets and doors need to know it. */
export interface TicketEvent extends EntryRules {
  id: Uuid;
  name: string;
  state: string;
  startsAt: Instant;
  venue: string;
  timezone: string;
  sections: readonly TicketSection[];
}

/** Where a ticket is scanned: at one of the event's entrances, or, where it has none, at any that is named or not. */
export interface Door {
  event: TicketEvent;
  entrance: string;
  rule: Entrance | undefined;
}

export function toTicketEvent(row: Row<typeof sql.ticketEvents.columns>): TicketEvent {
  const { id, name, state, startsAt, venue, timezone } = row;
  return {
    ...{ id, name, state, startsAt, venue, timezone },
    sections: row.sections as TicketSection[],
    entrances: (row.entrances ?? []) as Entrance[],
    transfer: row.transfer === 'forbidden' ? 'forbidden' : 'allowed',
  };
}

/** Events by their ids; one that is gone is left out. */
export async function readTicketEvents(
  db: Database,
  tenant: Uuid,
  ids: readonly Uuid[],
): Promise<Map<Uuid, TicketEvent>> {
  const rows = await db.read(tenant, sql.ticketEvents, [...new Set(ids)]);
  return new Map(rows.map((row) => [row.id, toTicketEvent(row)]));
}

export async function readEntryRules(db: Database, tenant: Uuid, eventId: Uuid): Promise<EntryRules> {
  const event = (await readTicketEvents(db, tenant, [eventId])).get(eventId);
  if (event === undefined) throw notFound('event');
  return { entrances: event.entrances, transfer: event.transfer };
}

/** Says who is let in where, in place of what was said before. Scans that were made stay as they are. */
export async function setEntryRules(
  tx: Transaction,
  actor: string,
  eventId: Uuid,
  rules: EntryRules,
): Promise<EntryRules> {
  const [row] = await tx.run(sql.ticketEvents, [eventId]);
  if (row === undefined) throw notFound('event');
  requireKnown(rules.entrances, toTicketEvent(row).sections);
  await tx.run(sql.upsertEntryRules, eventId, rules.entrances, rules.transfer);
  await recordChange(tx, {
    type: 'event.entryRulesChanged',
    resourceIds: [eventId],
    actor,
    payload: { ...rules },
  });
  return rules;
}

function requireKnown(entrances: readonly Entrance[], sections: readonly TicketSection[]): void {
  const names = new Set(sections.map(({ name }) => name));
  const categories = new Set(sections.map(({ category }) => category));
  for (const [i, entrance] of entrances.entries()) {
    if (entrances.findIndex(({ name }) => name === entrance.name) < i)
      throw ruleViolated(
        `/entrances/${i}/name`,
        'duplicate_item',
        `There are two entrances "${entrance.name}".`,
      );
    for (const [j, name] of (entrance.sections ?? []).entries())
      if (!names.has(name))
        throw ruleViolated(
          `/entrances/${i}/sections/${j}`,
          'invalid_reference',
          `There is no section "${name}" here.`,
        );
    for (const [j, name] of (entrance.categories ?? []).entries())
      if (!categories.has(name))
        throw ruleViolated(
          `/entrances/${i}/categories/${j}`,
          'invalid_reference',
          `There is no category "${name}" here.`,
        );
  }
}

/** The entrance that a scan names; undefined for one that the event does not have. */
export function findDoor(event: TicketEvent, entrance: string | undefined): Door | undefined {
  const rule = event.entrances.find(({ name }) => name === entrance);
  if (event.entrances.length > 0 && rule === undefined) return undefined;
  return { event, entrance: entrance ?? '', rule };
}

/** Whether it lets in whoever has this place. */
export function letsIn({ rule, event }: Door, placeId: Uuid): boolean {
  const { sections: names = [], categories = [] } = rule ?? {};
  if (names.length + categories.length === 0) return true;
  const section = sectionOf(event.sections, placeId);
  if (section === undefined) return false;
  return names.includes(section.name) || (section.category !== null && categories.includes(section.category));
}

export function sectionOf(sections: readonly TicketSection[], placeId: Uuid): TicketSection | undefined {
  const { section } = seatOf(placeId);
  return sections.find(({ id }) => id === section);
}
