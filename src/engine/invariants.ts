import { bookedInvariant } from './booked-invariant.ts';
import { stateMoves } from './booking.ts';
import { databaseInvariants } from './database-invariants.ts';
import {
  alongBookings,
  alongCalendars,
  alongChanges,
  alongStock,
  COMPETES,
  HOLDS_CAPACITY,
  ofStretch,
  type Invariant,
} from './invariant.ts';

/** The changes that tell a state; others (renewed, rescheduled, checked in) leave it as it is. */
const STATE_CHANGES = `('booking.held', 'booking.paying', 'booking.requested', 'booking.confirmed',
  'booking.completed', 'booking.noShow', 'booking.expired', 'booking.cancelled', 'booking.declined')`;

const MOVES = stateMoves()
  .map(([from, to]) => `('booking.${from}', 'booking.${to}')`)
  .join(', ');

const CLAIMS = `
  select i.booking_id, i.line_no, i.expires_at, 'end' as until from engine.interval_claim i where ${ofStretch('i')}
  union all
  select u.booking_id, u.line_no, u.expires_at, u.until from engine.stock_claim u where ${ofStretch('u')}`;

/** What the engine promises of its own tables; kinds bring what only they know. docs/proof.md has the list. */
export const invariants: readonly Invariant[] = [
  {
    id: 'no-overlap',
    promise: 'no two claims of one calendar overlap',
    along: alongCalendars,
    // In the order of their ends, if any two overlap then some neighbours do.
    text: `select c.booking_id || ' on ' || c.resource_id as thing, coalesce(
        c.starts_at < lag(c.ends_at) over (partition by c.resource_id order by c.ends_at), false) as broken
      from engine.interval_claim c where ${ofStretch('c', 'resource_id')} and c.ends_at > '-infinity'`,
  },
  {
    id: 'stock-adds-up',
    promise: 'taken is the sum of the claims and never more than capacity and overbooking allow',
    along: alongStock,
    text: `select s.resource_id || ' ' || s.bucket as thing,
        s.taken <> coalesce(c.units, 0) or s.taken not between 0 and s.capacity + s.overbook as broken
      from engine.stock s
      left join (select u.resource_id, u.bucket, sum(u.units) as units from engine.stock_claim u
                 where ${ofStretch('u', 'resource_id')} and u.units > 0 group by u.resource_id, u.bucket) c
        on c.resource_id = s.resource_id and c.bucket = s.bucket
      where ${ofStretch('s', 'resource_id')}`,
  },
  {
    id: 'claim-has-booking',
    promise:
      'a claim belongs to a booking that holds capacity; a hold or request and its claims expire together',
    along: alongBookings,
    text: `select c.booking_id || ' line ' || c.line_no as thing,
        b.id is null or l.booking_id is null
        or (b.state not in ('expired', 'cancelled', 'declined') and c.expires_at is distinct from b.expires_at)
        or b.state in ('cancelled', 'declined')
        or (l.cancelled_at is not null and c.until not in ('bookingEnd', 'bookingConfirm'))
        or ${COMPETES} or (c.until in ('confirm', 'bookingConfirm') and b.state not in ('held', 'paying', 'expired'))
        or (b.state = 'expired' and coalesce(c.expires_at > now(), true)) as broken
      from (${CLAIMS}) c
      left join engine.booking b on ${ofStretch('b', 'id')} and b.id = c.booking_id
      left join engine.booking_line l on ${ofStretch('l')} and l.booking_id = c.booking_id and l.line_no = c.line_no`,
  },
  {
    id: 'booking-has-claims',
    promise: 'a booking that holds capacity has a claim for each line that was not cancelled',
    along: alongBookings,
    text: `select l.booking_id || ' line ' || l.line_no as thing, c.booking_id is null as broken
      from engine.booking b join engine.booking_line l on ${ofStretch('l')} and l.booking_id = b.id
      left join (select distinct a.booking_id, a.line_no from (${CLAIMS}) a where a.until in ('end', 'confirm')) c
        on c.booking_id = l.booking_id and c.line_no = l.line_no
      where ${ofStretch('b', 'id')} and l.cancelled_at is null and ${HOLDS_CAPACITY}`,
  },
  {
    id: 'wish-has-request',
    promise: 'a wish belongs to a line that still stands of a competing request',
    along: alongBookings,
    text: `select w.booking_id || ' line ' || w.line_no as thing, not ${COMPETES} or l.cancelled_at is not null as broken
      from engine.wish w
      join engine.booking b on ${ofStretch('b', 'id')} and b.id = w.booking_id
      join engine.booking_line l on ${ofStretch('l')} and l.booking_id = w.booking_id and l.line_no = w.line_no
      where ${ofStretch('w')}`,
  },
  {
    id: 'request-has-wishes',
    promise: 'a competing request says what it wishes for with each line that was not cancelled',
    along: alongBookings,
    text: `select l.booking_id || ' line ' || l.line_no as thing, not exists (
          select from engine.wish w
          where ${ofStretch('w')} and w.booking_id = l.booking_id and w.line_no = l.line_no) as broken
      from engine.booking b join engine.booking_line l on ${ofStretch('l')} and l.booking_id = b.id
      where ${ofStretch('b', 'id')} and l.cancelled_at is null and ${COMPETES}`,
  },
  {
    id: 'amounts-add-up',
    promise: "a booking's total is the sum of its lines, and it has at least one",
    along: alongBookings,
    text: `select b.id::text as thing, b.total_minor is distinct from l.total as broken
      from engine.booking b
      left join (select n.booking_id, sum(n.total_minor) as total
                 from engine.booking_line n where ${ofStretch('n')} and n.cancelled_at is null group by n.booking_id) l on l.booking_id = b.id
      where ${ofStretch('b', 'id')}`,
  },
  {
    id: 'state-was-told',
    promise: "a booking's state is the one that its last change tells, and each move to it was a legal one",
    along: alongBookings,
    text: `select b.id::text as thing, coalesce(c.last <> 'booking.' || b.state or c.illegal, k.kept_from = 1) as broken
      from engine.booking b
      join engine.tenant_clock k on k.tenant_id = b.tenant_id
      left join (
        select t.booking_id, max(t.type) filter (where t.next is null) as last,
          bool_or(t.next is not null and t.next <> t.type and (t.type, t.next) not in (${MOVES})) as illegal
        from (select g.booking_id, g.type, lead(g.type) over (partition by g.booking_id order by g.seq) as next
              from engine.change g where ${ofStretch('g')} and g.type in ${STATE_CHANGES}) t
        group by t.booking_id) c on c.booking_id = b.id
      where ${ofStretch('b', 'id')} and (c.last is not null or k.kept_from = 1)`,
  },
  {
    id: 'no-future',
    promise: 'nothing was made in the future',
    along: alongBookings,
    text: `select b.id::text as thing, b.created_at > now() + interval '5 seconds' as broken
      from engine.booking b where ${ofStretch('b', 'id')}`,
  },
  {
    id: 'holds-are-swept',
    promise:
      'no hold or request outlives its expiry by more than a minute; otherwise no server with a sweeper runs. What such a hold kept is for sale all the same',
    isAdvice: true,
    along: alongBookings,
    text: `select b.id::text as thing, b.expires_at < now() - interval '1 minute' as broken
      from engine.booking b where ${ofStretch('b', 'id')} and b.expires_at is not null`,
  },
  {
    id: 'changes-are-gapless',
    promise: "a tenant's changes are numbered without a gap up to its clock",
    along: alongChanges,
    // Retention may drop changes while we walk: whatever lies before kept_from is not missed.
    text: `select 'change ' || c.seq as thing,
        c.seq <> coalesce(lag(c.seq) over (order by c.seq), greatest($2::bigint, k.kept_from - 1)) + 1 as broken
      from engine.change c join engine.tenant_clock k on k.tenant_id = c.tenant_id where ${ofStretch('c', 'seq')}
      union all
      select 'clock ' || k.seq, least($3, k.seq) <> least($3, greatest(k.kept_from - 1, $2, (
          select max(c.seq) from engine.change c where ${ofStretch('c', 'seq')})))
      from engine.tenant_clock k where k.tenant_id = $1`,
  },
  bookedInvariant,
  ...databaseInvariants,
];
