import { moment, number, plain, text, type Cells } from '../../platform/export/cells.ts';
import { exportOf } from '../../platform/export/statements.ts';
import { statement } from '../../platform/statement.ts';
import { dearerPlaces, nthSeat, paidFor, paidForMost } from './paid.ts';
import { seatNo } from './place.ts';

/** The sections of an event as its organiser sees them. Rides event_section_pkey. */
export const sectionsWithSeats = statement('events.sectionsWithSeats', {
  params: ['uuid', 'uuid'],
  columns: { id: 'uuid', lastId: 'uuid', name: 'text', kind: 'text', layout: 'jsonb?' },
  text: `select x.id, x.last_id as "lastId", x.name, x.kind, x.layout
    from events.event_section x where x.tenant_id = $1 and x.event_id = $2 order by x.no`,
});

/** One row for each place that somebody has for good. */
const place = (where: { row: string; number: string; seatId: string; paid: string }): Cells => ({
  section: text('$3::text'),
  tier: text(`(l.details ->> 'tier')`),
  row: text(where.row),
  number: number(where.number),
  seatId: plain(where.seatId),
  reference: plain('b.reference'),
  state: plain('b.state'),
  bookingId: plain('b.id'),
  line: number('l.line_no'),
  clientId: plain('b.client_id'),
  unitPriceMinor: number('l.unit_minor'),
  paidMinor: number(where.paid),
  currency: plain('b.currency'),
  bookedAt: moment('b.created_at'),
  checkedInAt: moment('l.checked_in_at'),
});

const settled = `c.tenant_id = $1 and c.bucket = '-infinity' and c.units > 0 and c.expires_at is null`;
const booked = `join engine.booking b on b.tenant_id = $1 and b.id = s.booking_id
  join engine.booking_line l on l.tenant_id = $1 and l.booking_id = s.booking_id and l.line_no = s.line_no`;

const rowOfSeat = `width_bucket(${seatNo('s.resource_id')}, $5::int[])`;

/**
 * Seats up to $2 of the section named $3, whose rows are called $4 and begin with the seats numbered $5. Rides
 * stock_claim_by_stock: seats are neighbours.
 */
export const soldSeats = exportOf('events.soldSeats', {
  asked: ['uuid', 'text', 'text[]', 'int4[]'],
  keys: { resource_id: 'uuid' },
  scan: ({ after, limit }) => `
    select c.resource_id, c.booking_id, c.line_no from engine.stock_claim c
    where ${settled} and c.resource_id > ${after[0] ?? ''} and c.resource_id <= $2
    order by c.resource_id limit ${limit}`,
  from: booked,
  cells: place({
    row: `($4::text[])[${rowOfSeat}]`,
    number: `${seatNo('s.resource_id')} - ($5::int[])[${rowOfSeat}] + 1`,
    seatId: 's.resource_id',
    paid: paidFor(nthSeat('s.resource_id')),
  }),
});

function admission(paid: string): Cells {
  return place({ row: 'null::text', number: 'null::int', seatId: 'null::uuid', paid });
}

/**
 * Places of the standing section $2, which is named $3. Rides stock_claim_by_stock; `expires_at` is asked for in the
 * order, although it is null in all of them, as the planner knows the order of the index only whole.
 */
export const soldAdmissions = exportOf('events.soldAdmissions', {
  asked: ['uuid', 'text'],
  keys: { booking_id: 'uuid', line_no: 'int4' },
  scan: ({ after: [booking, line], limit }) => `
    select c.booking_id, c.line_no, c.units from engine.stock_claim c
    where ${settled} and c.resource_id = $2 and (c.booking_id, c.line_no) > (${booking}, ${line})
    order by c.expires_at, c.booking_id, c.line_no limit ${limit}`,
  from: booked,
  times: { all: 's.units', first: dearerPlaces, cellsOfFirst: admission(`${paidForMost} + 1`) },
  cells: admission(paidForMost),
});
