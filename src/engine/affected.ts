import type { Transaction } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { statement } from '../platform/statement.ts';
import { redateIntervals, redateUnits } from './writes.ts';

// For writers that hold the locks of some stock (`lockStock`) and do something to everybody who has of it.

/** Bookings that claim units of the resources $2 now; rides stock_claim_by_stock. */
const claimants = `select c.booking_id, sum(c.units) as units from engine.stock_claim c
  where c.tenant_id = $1 and c.resource_id = any ($2::uuid[]) and c.units > 0
    and (c.expires_at is null or c.expires_at > statement_timestamp())
  group by c.booking_id`;

const bookingsOf = statement('engine.bookingsOfStock', {
  params: ['uuid', 'uuid[]', 'int8'],
  columns: {
    bookingId: 'uuid',
    reference: 'text',
    state: 'text',
    units: 'int8',
    bookings: 'int8',
    places: 'int8',
  },
  text: `select b.id as "bookingId", b.reference, b.state, a.units, count(*) over () as bookings,
      (sum(a.units) over ())::int8 as places
    from (${claimants}) a
    join engine.booking b on b.tenant_id = $1 and b.id = a.booking_id
    order by b.id limit $3`,
});

/** Holds among them, locked after the stock as everywhere, and the moment at which they end. */
const lockHoldsOf = statement('engine.lockHoldsOfStock', {
  params: ['uuid', 'uuid[]'],
  columns: { id: 'uuid', endsAt: 'timestamptz' },
  text: `select b.id, date_trunc('milliseconds', statement_timestamp()) as "endsAt" from engine.booking b
    where b.tenant_id = $1 and b.state in ('held', 'paying') and b.expires_at > statement_timestamp()
      and b.id in (select a.booking_id from (${claimants}) a)
    order by b.id for no key update of b`,
});

const endBookings = statement('engine.endHolds', {
  params: ['uuid', 'uuid[]', 'timestamptz'],
  columns: {},
  text: `update engine.booking b set expires_at = $3, version = b.version + 1
    where b.tenant_id = $1 and b.id = any ($2::uuid[])`,
});

/**
 * Made in the database: even a thousand bookings need not travel there and back. Of more than $7 one change tells, of no
 * booking but with their number.
 */
const toldBookings = statement('engine.tellBookingsOfStock', {
  params: ['uuid', 'uuid[]', 'text', 'uuid[]', 'text', 'jsonb', 'int8'],
  columns: { seq: 'int8' },
  text: `with a as materialized (${claimants}), n as (select count(*) as bookings from a), told as (
      select a.booking_id, '{}'::jsonb as more from a where (select n.bookings from n) <= $7
      union all select null, jsonb_build_object('bookings', n.bookings) from n where n.bookings > $7
    ), k as (
      update engine.tenant_clock t set seq = t.seq + (select count(*) from told) where t.tenant_id = $1
      returning t.tenant_id, t.seq - (select count(*) from told) as base)
    insert into engine.change as g (tenant_id, seq, at, type, booking_id, resource_ids, actor, payload)
    select k.tenant_id, k.base + row_number() over (order by told.booking_id), now(), $3, told.booking_id, $4, $5,
      $6 || told.more
    from k cross join told
    returning g.seq`,
});

/** As many bookings as an answer lists. */
const MOST_LISTED = 100;

export interface Affected {
  bookings: number;
  places: number;
  /** The first of them. */
  first: { bookingId: Uuid; reference: string; state: string; places: number }[];
}

/** Who claims units of these resources now. */
export async function affectedBy(tx: Transaction, resourceIds: readonly Uuid[]): Promise<Affected> {
  const rows = await tx.run(bookingsOf, resourceIds, MOST_LISTED);
  return {
    bookings: rows[0]?.bookings ?? 0,
    places: rows[0]?.places ?? 0,
    first: rows.map(({ bookingId, reference, state, units }) => ({
      bookingId,
      reference,
      state,
      places: units,
    })),
  };
}

/**
 * Ends every hold that claims units of these resources as if its time were over, so that none can be confirmed. Verbs on such a
 * booking wait for the locks of the resources, which the caller holds, and then find it expired.
 */
export async function endHolds(tx: Transaction, resourceIds: readonly Uuid[]): Promise<void> {
  const holds = await tx.run(lockHoldsOf, resourceIds);
  const [first] = holds;
  if (first === undefined) return;
  const ids = holds.map(({ id }) => id);
  const ends = holds.map(({ endsAt }) => endsAt);
  await tx.run(endBookings, ids, first.endsAt);
  await tx.run(redateIntervals, ids, ends);
  await tx.run(redateUnits, ids, ends);
}

/**
 * Bookings that are told one by one. Nobody of the company sells while their changes are written, since that needs its clock:
 * a thousand take some 20 ms, and a stadium would be a standstill of seconds.
 */
const MOST_TOLD = 1_000;

/**
 * Tells every booking that claims units of these resources of what happened to it, as a change of its own. When they are
 * very many there is one change for all, of no booking and with `bookings`, their number: who reads it goes through them
 * himself, as long as he needs and in transactions of his own.
 */
export async function tellBookings(
  tx: Transaction,
  resourceIds: readonly Uuid[],
  change: { type: string; about: readonly Uuid[]; actor: string; payload: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { type, about, actor, payload } = change;
  const appended = tx.run(toldBookings, resourceIds, type, about, actor, payload, MOST_TOLD);
  tx.tellsOfChange([{ type, resourceIds: about }], appended);
  await appended;
}
