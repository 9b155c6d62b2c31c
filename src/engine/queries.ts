import { statement, type Columns, type SqlType, type Statement } from '../platform/statement.ts';

// Locks, in the one global order: calendar -> stock -> booking -> (idempotency, by inserting) -> clock.
// Each locks in key order. Catalogue edits that lock several of these obey the same order.

const calendarOrder = `order by c.resource_id for no key update of c`;

/** Rides the primary key. */
export const lockCalendars = statement('engine.lockCalendars', {
  params: ['uuid', 'uuid[]'],
  columns: { resourceId: 'uuid' },
  text: `select c.resource_id as "resourceId" from engine.calendar c
    where c.tenant_id = $1 and c.resource_id = any ($2::uuid[]) ${calendarOrder}`,
});

/** The same, and the calendars on which the bookings $3 claim. */
export const lockCalendarsOf = statement('engine.lockCalendarsOf', {
  params: ['uuid', 'uuid[]', 'uuid[]'],
  columns: { resourceId: 'uuid' },
  text: `select c.resource_id as "resourceId" from engine.calendar c
    where c.tenant_id = $1
      and c.resource_id = any ($2::uuid[] || array(
        select i.resource_id from engine.interval_claim i where i.tenant_id = $1 and i.booking_id = any ($3::uuid[])))
    ${calendarOrder}`,
});

const stockColumns = {
  resourceId: 'uuid',
  bucket: 'date',
  capacity: 'int4',
  overbook: 'int4',
  taken: 'int4',
} as const;
const stockSelect = `select s.resource_id as "resourceId", s.bucket, s.capacity, s.overbook, s.taken from engine.stock s`;
const stockOrder = `order by s.resource_id, s.bucket for no key update of s`;

/** Rides the primary key. `for no key update` returns the newest version of a row it had to wait for. */
export const lockStock = statement('engine.lockStock', {
  params: ['uuid', 'uuid[]', 'date[]'],
  columns: stockColumns,
  text: `${stockSelect}
    where s.tenant_id = $1
      and (s.resource_id, s.bucket) in (select r, b from unnest($2::uuid[], $3::date[]) as asked (r, b))
    ${stockOrder}`,
});

/** The same, and the rows on which the bookings $4 claim. */
export const lockStockOf = statement('engine.lockStockOf', {
  params: ['uuid', 'uuid[]', 'date[]', 'uuid[]'],
  columns: stockColumns,
  text: `${stockSelect}
    where s.tenant_id = $1
      and (s.resource_id, s.bucket) in (
        select r, b from unnest($2::uuid[], $3::date[]) as asked (r, b)
        union
        select c.resource_id, c.bucket from engine.stock_claim c where c.tenant_id = $1 and c.booking_id = any ($4::uuid[]))
    ${stockOrder}`,
});

/**
 * Without the locks: for previews, which sell nothing, and as the control of the race tests, which config refuses outside
 * tests.
 */
export const seeCalendars = withoutLock(lockCalendars);
export const seeStock = withoutLock(lockStock);

function withoutLock<P extends readonly SqlType[], C extends Columns>(locking: Statement<P, C>) {
  const { name, params, columns, text } = locking;
  return statement(`${name}.unguarded`, {
    params,
    columns,
    text: text.replace(/for no key update of \w+/, ''),
  });
}

export const bookingColumns = {
  id: 'uuid',
  reference: 'text',
  state: 'text',
  expiresAt: 'timestamptz?',
  holdSeconds: 'int4',
  approval: 'text',
  checkedInAt: 'timestamptz?',
  clientId: 'uuid?',
  note: 'text?',
  currency: 'text',
  totalMinor: 'int8',
  version: 'int4',
  createdAt: 'timestamptz',
  createdBy: 'text',
} as const;

export const bookingSelect = `
    b.id, b.reference, b.state, b.expires_at as "expiresAt",
    b.hold_seconds as "holdSeconds", b.approval,
    b.checked_in_at as "checkedInAt", b.client_id as "clientId", b.note, b.currency,
    b.total_minor as "totalMinor", b.version, b.created_at as "createdAt", b.created_by as "createdBy"`;

export const lockBookings = statement('engine.lockBookings', {
  params: ['uuid', 'uuid[]'],
  columns: bookingColumns,
  text: `select ${bookingSelect} from engine.booking b
    where b.tenant_id = $1 and b.id = any ($2::uuid[]) order by b.id for no key update of b`,
});

/** Requests that one approval settles at most; whoever is left goes on waiting and is refused when approved. */
const MOST_RIVALS = 1_000;

/**
 * The same, and the competing requests that would lose to whoever gets the slots $3 to $5, or what the bookings $6 hold;
 * those calendars are locked already: no wish for them can come in between. Rides wish_by_calendar from each slot's start on: wishes overlap, so
 * there is no last one to stop at, but only open requests of the future have any.
 */
export const lockBookingsAndRivals = statement('engine.lockBookingsAndRivals', {
  params: ['uuid', 'uuid[]', 'uuid[]', 'timestamptz[]', 'timestamptz[]', 'uuid[]'],
  columns: bookingColumns,
  text: `select ${bookingSelect} from engine.booking b
    where b.tenant_id = $1 and b.id = any ($2::uuid[] || array(
      select distinct w.booking_id
      from (
        select * from unnest($3::uuid[], $4::timestamptz[], $5::timestamptz[]) as slots (calendar_id, starts_at, ends_at)
        union all
        select i.resource_id, i.starts_at, i.ends_at from engine.interval_claim i
        where i.tenant_id = $1 and i.booking_id = any ($6::uuid[])
      ) asked
      join engine.wish w on w.tenant_id = $1 and w.calendar_id = asked.calendar_id and w.ends_at > '-infinity'
        and w.ends_at > asked.starts_at and w.starts_at < asked.ends_at
      where not w.stays
      order by w.booking_id limit ${MOST_RIVALS}))
    order by b.id for no key update of b`,
});

/**
 * Of the bookings behind expired claims, those nobody else is working on (waiting here could deadlock), each with all
 * that it held: it ends everywhere at once, also where this batch has locked nothing and others tidy up later.
 */
export const lockDying = statement('engine.lockDying', {
  params: ['uuid', 'uuid[]', 'timestamptz'],
  columns: { ...bookingColumns, resourceIds: 'uuid[]' },
  text: `select ${bookingSelect}, array(
      select i.resource_id from engine.interval_claim i where i.tenant_id = $1 and i.booking_id = b.id
      union
      select c.resource_id from engine.stock_claim c where c.tenant_id = $1 and c.booking_id = b.id) as "resourceIds"
    from engine.booking b
    where b.tenant_id = $1 and b.id = any ($2::uuid[]) and b.expires_at <= $3
    order by b.id for no key update of b skip locked`,
});

// Reads. They begin after the locks are held, so what they see cannot change before the commit.

export const bookingsById = statement('engine.bookingsById', {
  params: ['uuid', 'uuid[]'],
  columns: bookingColumns,
  text: `select ${bookingSelect} from engine.booking b where b.tenant_id = $1 and b.id = any ($2::uuid[])`,
});

export const linesOf = statement('engine.linesOf', {
  params: ['uuid', 'uuid[]'],
  columns: {
    bookingId: 'uuid',
    no: 'int4',
    kind: 'text',
    details: 'jsonb',
    quantity: 'int4',
    unitMinor: 'int8',
    taxMinor: 'int8',
    totalMinor: 'int8',
    checkedInAt: 'timestamptz?',
    cancelledAt: 'timestamptz?',
  },
  text: `select l.booking_id as "bookingId", l.line_no as no, l.kind, l.details, l.quantity,
      l.unit_minor as "unitMinor", l.tax_minor as "taxMinor", l.total_minor as "totalMinor",
      l.checked_in_at as "checkedInAt", l.cancelled_at as "cancelledAt"
    from engine.booking_line l
    where l.tenant_id = $1 and l.booking_id = any ($2::uuid[]) order by l.booking_id, l.line_no`,
});

const intervalColumns = {
  resourceId: 'uuid',
  bookingId: 'uuid',
  lineNo: 'int4',
  startsAt: 'timestamptz',
  endsAt: 'timestamptz',
  expiresAt: 'timestamptz?',
} as const;

const intervalSelect = `
    c.resource_id as "resourceId", c.booking_id as "bookingId", c.line_no as "lineNo",
    c.starts_at as "startsAt", c.ends_at as "endsAt", c.expires_at as "expiresAt"`;

/**
 * Rides interval_claim_by_end. Claims of one calendar never overlap, so ordered by their end they are ordered by their
 * start too: those that end inside the slot are one index range, and at most one more can reach over its end. A plain
 * `starts_at < end` would walk through everything booked after it (architecture: range operators cannot be index
 * conditions under row-level security).
 */
export const overlapping = statement('engine.overlapping', {
  params: ['uuid', 'uuid[]', 'timestamptz[]', 'timestamptz[]'],
  columns: intervalColumns,
  text: `select distinct ${intervalSelect}
    from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) as asked (resource_id, starts_at, ends_at)
    cross join lateral (
      select i.* from engine.interval_claim i
      where i.tenant_id = $1 and i.resource_id = asked.resource_id and i.ends_at > '-infinity'
        and i.ends_at > asked.starts_at and i.ends_at <= asked.ends_at
      union all
      (select i.* from engine.interval_claim i
       where i.tenant_id = $1 and i.resource_id = asked.resource_id and i.ends_at > '-infinity'
         and i.ends_at > asked.ends_at
       order by i.ends_at limit 1)
    ) c
    where c.starts_at < asked.ends_at`,
});

export const intervalsOf = statement('engine.intervalsOf', {
  params: ['uuid', 'uuid[]'],
  columns: intervalColumns,
  text: `select ${intervalSelect} from engine.interval_claim c where c.tenant_id = $1 and c.booking_id = any ($2::uuid[])`,
});

const unitsColumns = {
  resourceId: 'uuid',
  bucket: 'date',
  bookingId: 'uuid',
  lineNo: 'int4',
  units: 'int4',
  expiresAt: 'timestamptz?',
  until: 'text',
} as const;

const unitsSelect = `
    c.resource_id as "resourceId", c.bucket, c.booking_id as "bookingId", c.line_no as "lineNo", c.units,
    c.expires_at as "expiresAt", c.until`;

export const unitsOf = statement('engine.unitsOf', {
  params: ['uuid', 'uuid[]'],
  columns: unitsColumns,
  text: `select ${unitsSelect} from engine.stock_claim c where c.tenant_id = $1 and c.booking_id = any ($2::uuid[])`,
});

/**
 * Rides stock_claim_by_stock, once for each row asked for. Bounded: what is left over is found by the next batch or the
 * sweeper. statement_timestamp() is the time at which this statement began, so after the wait for the locks, and
 * unlike clock_timestamp() it may be an index condition.
 */
export const deadUnits = statement('engine.deadUnits', {
  params: ['uuid', 'uuid[]', 'date[]'],
  columns: unitsColumns,
  text: `select ${unitsSelect}
    from unnest($2::uuid[], $3::date[]) as asked (resource_id, bucket)
    cross join lateral (
      select d.* from engine.stock_claim d
      where d.tenant_id = $1 and d.resource_id = asked.resource_id and d.bucket = asked.bucket and d.units > 0
        and d.expires_at <= statement_timestamp()
      limit 1000
    ) c`,
});

/** The members of groups in their order; each group is one range of the primary key, since ids are neighbours. */
export const groupMembers = statement('engine.groupMembers', {
  params: ['uuid', 'uuid[]', 'uuid[]'],
  columns: { first: 'uuid', members: 'text' },
  text: `select asked.first, coalesce((
      select string_agg(case when s.taken < s.capacity + s.overbook then 'f' else '-' end, '' order by s.resource_id)
      from engine.stock s
      where s.tenant_id = $1 and s.resource_id >= asked.first and s.resource_id <= asked.last), '') as members
    from unnest($2::uuid[], $3::uuid[]) as asked (first, last)`,
});

/** Like deadUnits, but of groups: along stock_claim_by_stock through all claims on their members. */
export const deadUnitsIn = statement('engine.deadUnitsIn', {
  params: ['uuid', 'uuid[]', 'uuid[]'],
  columns: unitsColumns,
  text: `select ${unitsSelect}
    from unnest($2::uuid[], $3::uuid[]) as asked (first, last)
    cross join lateral (
      select d.* from engine.stock_claim d
      where d.tenant_id = $1 and d.resource_id >= asked.first and d.resource_id <= asked.last and d.units > 0
        and d.expires_at <= statement_timestamp()
      limit 1000
    ) c`,
});

export const guardVersions = statement('engine.guardVersions', {
  params: ['uuid', 'uuid[]'],
  columns: { guardId: 'uuid', version: 'int4' },
  text: `select g.guard_id as "guardId", g.version from engine.guard g where g.tenant_id = $1 and g.guard_id = any ($2::uuid[])`,
});

/** Looked up one by one: a plan made while there are few keys would read all of the tenant's for as long as it is kept. */
export const twinsOf = statement('engine.twinsOf', {
  params: ['uuid', 'text[]', 'text[]', 'text[]'],
  columns: {
    principal: 'text',
    route: 'text',
    key: 'text',
    fingerprint: 'bytea',
    status: 'int4',
    body: 'text',
  },
  text: `select i.principal, i.route, i.key, i.fingerprint, i.status, i.body
    from unnest($2::text[], $3::text[], $4::text[]) as asked (principal, route, key)
    cross join lateral (
      select k.* from engine.idempotency k
      where k.tenant_id = $1 and k.principal = asked.principal and k.route = asked.route and k.key = asked.key offset 0
    ) i`,
});

/** The database's clock after the wait for the locks; never the transaction's start. */
export const databaseClock = statement('engine.databaseClock', {
  params: ['uuid'],
  columns: { now: 'timestamptz' },
  text: `select clock_timestamp() as now where $1::uuid is not null`,
});
