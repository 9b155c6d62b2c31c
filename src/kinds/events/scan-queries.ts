import { statement } from '../../platform/statement.ts';

const scanColumns = {
  bookingId: 'uuid',
  lineNo: 'int4',
  placeId: 'uuid',
  scannedAt: 'timestamptz',
  device: 'text',
  entrance: 'text',
} as const;

const scanSelect = `s.booking_id as "bookingId", s.line_no as "lineNo", s.place_id as "placeId",
      s.scanned_at as "scannedAt", s.device, s.entrance`;

/** The scans that let the tickets of some bookings in; rides scan_lets_in_once. */
export const countedScans = statement('events.countedScans', {
  params: ['uuid', 'uuid[]'],
  columns: scanColumns,
  text: `select ${scanSelect} from events.scan s
    where s.tenant_id = $1 and s.booking_id = any ($2::uuid[]) and s.outcome = 'counted'`,
});

/** All scans of some tickets, also those that do not count; rides scan_pkey. */
export const scansOf = statement('events.scansOf', {
  params: ['uuid', 'uuid[]', 'int4[]', 'uuid[]'],
  columns: { ...scanColumns, outcome: 'text' },
  text: `select ${scanSelect}, s.outcome
    from unnest($2::uuid[], $3::int[], $4::uuid[]) as asked (booking_id, line_no, place_id)
    join events.scan s on s.tenant_id = $1 and s.booking_id = asked.booking_id and s.line_no = asked.line_no
      and s.place_id = asked.place_id`,
});

export const insertScans = statement('events.insertScans', {
  params: ['uuid', 'uuid[]', 'int4[]', 'uuid[]', 'timestamptz[]', 'text[]', 'text[]', 'text[]', 'text'],
  columns: {},
  text: `insert into events.scan as s (tenant_id, booking_id, line_no, place_id, scanned_at, device, entrance, outcome,
      scanned_by, received_at)
    select k.tenant_id, n.booking_id, n.line_no, n.place_id, n.scanned_at, n.device, n.entrance, n.outcome, $9, now()
    from engine.tenant_clock k
    cross join unnest($2::uuid[], $3::int[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])
      as n (booking_id, line_no, place_id, scanned_at, device, entrance, outcome)
    where k.tenant_id = $1`,
});

export const changeScans = statement('events.changeScans', {
  params: ['uuid', 'uuid[]', 'int4[]', 'uuid[]', 'timestamptz[]', 'text[]', 'text[]', 'text[]'],
  columns: {},
  text: `update events.scan s set outcome = n.outcome
    from unnest($2::uuid[], $3::int[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[],
        $8::text[])
      as n (booking_id, line_no, place_id, scanned_at, device, entrance, outcome)
    where s.tenant_id = $1 and s.booking_id = n.booking_id and s.line_no = n.line_no and s.place_id = n.place_id
      and s.scanned_at = n.scanned_at and s.device = n.device and s.entrance = n.entrance`,
});

/** Scans of a ticket up to $5 do not count from now on. */
export const undoTicket = statement('events.undoTicket', {
  params: ['uuid', 'uuid', 'int4', 'uuid', 'timestamptz'],
  columns: {},
  text: `insert into events.ticket as t (tenant_id, booking_id, line_no, place_id, undone_at)
    values ($1, $2, $3, $4, $5)
    on conflict (tenant_id, booking_id, line_no, place_id) do update
      set undone_at = greatest(t.undone_at, excluded.undone_at)`,
});

/** Rides scan_by_place: $2 to $3 are the places of one event. */
export const countScans = statement('events.countScans', {
  params: ['uuid', 'uuid', 'uuid'],
  columns: { entrance: 'text', accepted: 'int8', duplicates: 'int8', undone: 'int8' },
  text: `select s.entrance, count(*) filter (where s.outcome = 'counted') as accepted,
      count(*) filter (where s.outcome = 'duplicate') as duplicates,
      count(*) filter (where s.outcome = 'undone') as undone
    from events.scan s
    where s.tenant_id = $1 and s.place_id >= $2 and s.place_id <= $3 and s.scanned_at > '-infinity'
    group by s.entrance order by s.entrance`,
});

/**
 * Places whose line is marked as having come and that no scan let in. Rides stock_claim_by_stock from the sections, and looks
 * each line up by itself: as a join it would read all lines of the company.
 */
export const countMarked = statement('events.countMarked', {
  params: ['uuid', 'uuid'],
  columns: { marked: 'int8' },
  text: `select coalesce(sum(m.units - m.scanned), 0)::int8 as marked
    from (
      select sum(c.units) as units, (
          select l.checked_in_at from engine.booking_line l
          where l.tenant_id = $1 and l.booking_id = c.booking_id and l.line_no = c.line_no) as came, (
          select count(*) from events.scan s
          where s.tenant_id = $1 and s.booking_id = c.booking_id and s.line_no = c.line_no
            and s.outcome = 'counted') as scanned
      from engine.stock_claim c
      where c.tenant_id = $1 and c.units > 0 and c.resource_id = any (array(
        select x.id from events.event_section x where x.tenant_id = $1 and x.event_id = $2))
      group by c.booking_id, c.line_no) m
    where m.came is not null`,
});
