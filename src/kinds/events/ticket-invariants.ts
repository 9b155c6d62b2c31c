import { alongBookings, ofStretch, type Invariant } from '../../engine/invariant.ts';

/** Whether the scan `s` was made before the ticket `t` was let out again. */
const isUndone = `s.scanned_at <= coalesce(t.undone_at, '-infinity')`;

/** What must be true of what is kept of tickets; that each place has one follows from how they are made. */
export const ticketInvariants: readonly Invariant[] = [
  {
    id: 'earliest-scan-counts',
    promise: 'of the scans of a ticket that were not undone the earliest counts, and no other',
    along: alongBookings,
    text: `select s.booking_id || ' line ' || s.line_no || ' place ' || s.place_id as thing,
        count(*) filter (where s.outcome = 'counted') > 1
        or min(s.scanned_at) filter (where s.outcome = 'counted')
          is distinct from min(s.scanned_at) filter (where not ${isUndone})
        or bool_or((s.outcome = 'undone') <> (${isUndone})) as broken
      from events.scan s
      left join events.ticket t on t.tenant_id = s.tenant_id and t.booking_id = s.booking_id
        and t.line_no = s.line_no and t.place_id = s.place_id
      where ${ofStretch('s')}
      group by s.booking_id, s.line_no, s.place_id`,
  },
  {
    id: 'line-came-with-its-tickets',
    promise: 'a line that is marked as having come has no ticket that was let out again since',
    along: alongBookings,
    // A device may be a minute ahead, and what undoes its scan with it.
    text: `select t.booking_id || ' line ' || t.line_no || ' place ' || t.place_id as thing,
        l.checked_in_at + interval '1 minute' < t.undone_at and not exists (
          select from events.scan s
          where s.tenant_id = $1 and s.booking_id = t.booking_id and s.line_no = t.line_no
            and s.place_id = t.place_id and s.outcome = 'counted') as broken
      from events.ticket t
      join engine.booking_line l on l.tenant_id = t.tenant_id and l.booking_id = t.booking_id and l.line_no = t.line_no
      where ${ofStretch('t')} and t.undone_at is not null and l.checked_in_at is not null`,
  },
  {
    id: 'ticket-is-of-an-event',
    promise: 'what is kept of tickets, and every scan, belongs to a line of an event',
    along: alongBookings,
    text: `select k.booking_id || ' line ' || k.line_no as thing, bool_or(l.kind not in ('seat', 'admission')) as broken
      from (
        select s.tenant_id, s.booking_id, s.line_no from events.scan s where ${ofStretch('s')}
        union
        select t.tenant_id, t.booking_id, t.line_no from events.ticket t where ${ofStretch('t')}) k
      join engine.booking_line l on l.tenant_id = k.tenant_id and l.booking_id = k.booking_id and l.line_no = k.line_no
      group by k.booking_id, k.line_no`,
  },
];
