import { statement } from '../platform/statement.ts';

// Set-based writes in fixed order: release, then take, then changes. Inserts ride on the tenant's one clock row
// (`engine.tenant_clock k`), which keeps them on one shard of a distributed database; their target has an alias
// because row-level security there needs one.

export const releaseIntervals = statement('engine.releaseIntervals', {
  params: ['uuid', 'uuid[]', 'int4[]', 'uuid[]', 'timestamptz[]'],
  columns: {},
  text: `delete from engine.interval_claim c
    using unnest($2::uuid[], $3::int[], $4::uuid[], $5::timestamptz[]) as gone (booking_id, line_no, resource_id, starts_at)
    where c.tenant_id = $1 and c.booking_id = gone.booking_id and c.line_no = gone.line_no
      and c.resource_id = gone.resource_id and c.starts_at = gone.starts_at`,
});

export const releaseUnits = statement('engine.releaseUnits', {
  params: ['uuid', 'uuid[]', 'int4[]', 'uuid[]', 'date[]'],
  columns: {},
  text: `delete from engine.stock_claim c
    using unnest($2::uuid[], $3::int[], $4::uuid[], $5::date[]) as gone (booking_id, line_no, resource_id, bucket)
    where c.tenant_id = $1 and c.booking_id = gone.booking_id and c.line_no = gone.line_no
      and c.resource_id = gone.resource_id and c.bucket = gone.bucket`,
});

/** Makes the rows of limits that nobody has needed yet; in key order, before any row is locked. */
export const ensureLimits = statement('engine.ensureLimits', {
  params: ['uuid', 'uuid[]', 'date[]', 'int4[]'],
  columns: {},
  text: `insert into engine.stock as s (tenant_id, resource_id, bucket, capacity)
    select k.tenant_id, n.resource_id, n.bucket, n.capacity
    from engine.tenant_clock k
    cross join unnest($2::uuid[], $3::date[], $4::int[]) as n (resource_id, bucket, capacity)
    where k.tenant_id = $1
    on conflict (tenant_id, resource_id, bucket) do nothing`,
});

/** Counts units and, where given, sets a new capacity or overbooking allowance. */
export const writeStock = statement('engine.writeStock', {
  params: ['uuid', 'uuid[]', 'date[]', 'int4[]', 'int4[]', 'int4[]'],
  columns: {},
  text: `update engine.stock s
    set taken = s.taken + d.delta, capacity = coalesce(d.capacity, s.capacity), overbook = coalesce(d.overbook, s.overbook)
    from unnest($2::uuid[], $3::date[], $4::int[], $5::int[], $6::int[]) as d (resource_id, bucket, delta, capacity, overbook)
    where s.tenant_id = $1 and s.resource_id = d.resource_id and s.bucket = d.bucket`,
});

/** The headers of bookings as they are now; their rows are locked. */
export const updateBookings = statement('engine.updateBookings', {
  params: ['uuid', 'uuid[]', 'text[]', 'timestamptz[]', 'timestamptz[]', 'int8[]', 'int4[]'],
  columns: {},
  text: `update engine.booking b set state = m.state, expires_at = m.expires_at, checked_in_at = m.checked_in_at,
      total_minor = m.total_minor, version = m.version
    from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::int[])
      as m (id, state, expires_at, checked_in_at, total_minor, version)
    where b.tenant_id = $1 and b.id = m.id`,
});

export const updateLines = statement('engine.updateLines', {
  params: [
    ...(['uuid', 'uuid[]', 'int4[]', 'jsonb[]', 'int4[]', 'int8[]', 'int8[]', 'int8[]'] as const),
    ...(['timestamptz[]', 'timestamptz[]'] as const),
  ],
  columns: {},
  text: `update engine.booking_line l set details = n.details, quantity = n.quantity, unit_minor = n.unit_minor,
      tax_minor = n.tax_minor, total_minor = n.total_minor, checked_in_at = n.checked_in_at, cancelled_at = n.cancelled_at
    from unnest($2::uuid[], $3::int[], $4::jsonb[], $5::int[], $6::bigint[], $7::bigint[], $8::bigint[],
        $9::timestamptz[], $10::timestamptz[])
      as n (booking_id, line_no, details, quantity, unit_minor, tax_minor, total_minor, checked_in_at, cancelled_at)
    where l.tenant_id = $1 and l.booking_id = n.booking_id and l.line_no = n.line_no`,
});

/** Claims take on the expiry of their booking; null makes them permanent. */
export const redateIntervals = statement('engine.redateIntervals', {
  params: ['uuid', 'uuid[]', 'timestamptz[]'],
  columns: {},
  text: `update engine.interval_claim c set expires_at = r.expires_at
    from unnest($2::uuid[], $3::timestamptz[]) as r (booking_id, expires_at)
    where c.tenant_id = $1 and c.booking_id = r.booking_id`,
});

export const redateUnits = statement('engine.redateUnits', {
  params: ['uuid', 'uuid[]', 'timestamptz[]'],
  columns: {},
  text: `update engine.stock_claim c set expires_at = r.expires_at
    from unnest($2::uuid[], $3::timestamptz[]) as r (booking_id, expires_at)
    where c.tenant_id = $1 and c.booking_id = r.booking_id`,
});

export const insertBookings = statement('engine.insertBookings', {
  params: [
    ...(['uuid', 'uuid[]', 'text[]', 'timestamptz[]', 'uuid[]', 'text[]', 'text[]', 'int8[]'] as const),
    ...(['timestamptz[]', 'text[]', 'text[]', 'int4[]'] as const),
  ],
  columns: {},
  text: `insert into engine.booking as b
      (tenant_id, id, reference, state, expires_at, client_id, note, currency, total_minor, created_at, created_by,
       approval, hold_seconds)
    select k.tenant_id, n.id, n.reference, case n.approval when 'competing' then 'requested' else 'held' end, n.expires_at, n.client_id, n.note, n.currency, n.total_minor,
      n.created_at, n.created_by, n.approval, n.hold_seconds
    from engine.tenant_clock k
    cross join unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::uuid[], $6::text[], $7::text[], $8::bigint[],
      $9::timestamptz[], $10::text[], $11::text[], $12::int[])
      as n (id, reference, expires_at, client_id, note, currency, total_minor, created_at, created_by, approval,
        hold_seconds)
    where k.tenant_id = $1`,
});

export const insertLines = statement('engine.insertLines', {
  params: [
    ...(['uuid', 'uuid[]', 'int4[]', 'text[]', 'jsonb[]', 'int4[]', 'int8[]', 'int8[]', 'int8[]'] as const),
    'timestamptz[]',
  ],
  columns: {},
  text: `insert into engine.booking_line as l
      (tenant_id, booking_id, line_no, kind, details, quantity, unit_minor, tax_minor, total_minor, cancelled_at)
    select k.tenant_id, n.booking_id, n.line_no, n.kind, n.details, n.quantity, n.unit_minor, n.tax_minor, n.total_minor,
      n.cancelled_at
    from engine.tenant_clock k
    cross join unnest($2::uuid[], $3::int[], $4::text[], $5::jsonb[], $6::int[], $7::bigint[], $8::bigint[], $9::bigint[],
        $10::timestamptz[])
      as n (booking_id, line_no, kind, details, quantity, unit_minor, tax_minor, total_minor, cancelled_at)
    where k.tenant_id = $1`,
});

export const insertIntervals = statement('engine.insertIntervals', {
  params: ['uuid', 'uuid[]', 'uuid[]', 'int4[]', 'timestamptz[]', 'timestamptz[]', 'timestamptz[]'],
  columns: {},
  text: `insert into engine.interval_claim as c
      (tenant_id, resource_id, booking_id, line_no, starts_at, ends_at, expires_at)
    select k.tenant_id, n.resource_id, n.booking_id, n.line_no, n.starts_at, n.ends_at, n.expires_at
    from engine.tenant_clock k
    cross join unnest($2::uuid[], $3::uuid[], $4::int[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[])
      as n (resource_id, booking_id, line_no, starts_at, ends_at, expires_at)
    where k.tenant_id = $1`,
});

export const insertUnits = statement('engine.insertUnits', {
  params: ['uuid', 'uuid[]', 'date[]', 'uuid[]', 'int4[]', 'int4[]', 'timestamptz[]', 'text[]'],
  columns: {},
  text: `insert into engine.stock_claim as c
      (tenant_id, resource_id, bucket, booking_id, line_no, units, expires_at, until)
    select k.tenant_id, n.resource_id, n.bucket, n.booking_id, n.line_no, n.units, n.expires_at, n.until
    from engine.tenant_clock k
    cross join unnest($2::uuid[], $3::date[], $4::uuid[], $5::int[], $6::int[], $7::timestamptz[],
      $8::text[])
      as n (resource_id, bucket, booking_id, line_no, units, expires_at, until)
    where k.tenant_id = $1`,
});

export const insertAnswers = statement('engine.insertAnswers', {
  params: ['uuid', 'text[]', 'text[]', 'text[]', 'bytea[]', 'int4[]', 'text[]', 'timestamptz'],
  columns: {},
  text: `insert into engine.idempotency as i (tenant_id, principal, route, key, fingerprint, status, body, at)
    select k.tenant_id, n.principal, n.route, n.key, n.fingerprint, n.status, n.body, coalesce($8, now())
    from engine.tenant_clock k
    cross join unnest($2::text[], $3::text[], $4::text[], $5::bytea[], $6::int[], $7::text[])
      as n (principal, route, key, fingerprint, status, body)
    where k.tenant_id = $1`,
});

/** The last lock: from here to the commit this tenant's changes get their numbers, gapless and in commit order. */
export const appendChanges = statement('engine.appendChanges', {
  params: [
    ...(['uuid', 'int8', 'timestamptz', 'text[]', 'uuid[]', 'text[]', 'text[]', 'jsonb[]'] as const),
    ...(['timestamptz[]', 'timestamptz[]'] as const),
  ],
  columns: { seq: 'int8' },
  text: `with k as (
      update engine.tenant_clock c set seq = c.seq + $2 where c.tenant_id = $1 returning c.tenant_id, c.seq - $2 as base)
    insert into engine.change as g
      (tenant_id, seq, at, type, booking_id, resource_ids, actor, payload, starts_at, ends_at)
    select k.tenant_id, k.base + n.position, coalesce($3, now()), n.type, n.booking_id, n.resource_ids::uuid[], n.actor, n.payload,
      n.starts_at, n.ends_at
    from k
    cross join unnest($4::text[], $5::uuid[], $6::text[], $7::text[], $8::jsonb[], $9::timestamptz[], $10::timestamptz[])
      with ordinality as n (type, booking_id, resource_ids, actor, payload, starts_at, ends_at, position)
    returning g.seq`,
});
