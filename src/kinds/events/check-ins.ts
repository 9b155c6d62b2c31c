import type { Database } from '../../platform/db.ts';
import { notFound } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { placesOfEvent } from './place.ts';
import { countMarked, countScans } from './scan-queries.ts';
import { ticketEvents } from './ticket-queries.ts';
import type { CheckIns } from './ticket-schema.ts';

/** Who came in so far. `accepted` are tickets, so that with `marked` it is the number of people inside. */
export async function readCheckIns(db: Database, tenant: Uuid, eventId: Uuid): Promise<CheckIns> {
  const [first, last] = placesOfEvent(eventId);
  const [[event], rows, [marked]] = await db.look(tenant, (tx) =>
    Promise.all([
      tx.run(ticketEvents, [eventId]),
      tx.run(countScans, first, last),
      tx.run(countMarked, eventId),
    ]),
  );
  if (event === undefined) throw notFound('event');
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    eventId,
    accepted: sum(({ accepted }) => accepted),
    duplicates: sum(({ duplicates }) => duplicates),
    undone: sum(({ undone }) => undone),
    marked: marked?.marked ?? 0,
    entrances: rows.map(({ entrance, ...counts }) => ({ entrance: entrance || null, ...counts })),
  };
}
