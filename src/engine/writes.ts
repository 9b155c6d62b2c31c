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

export const countUnits = statement('engine.countUnits', {
  params: ['uuid', 'uuid[]', 'date[]', 'int4[]'],
  columns: {},
  text: `update engine.stock s set taken = s.taken + d.units
    from unnest($2::uuid[], $3::date[], $4::int[]) as d (resource_id, bucket, units)
    where s.tenant_id = $1 and s.resource_id = d.resource_id and s.bucket = d.bucket`,
});

export const moveBookings = statement('engine.moveBookings', {
  params: ['uuid', 'uuid[]', 'text[]', 'int4[]'],
  columns: {},
  text: `update engine.booking b set state = m.state, expires_at = null, version = b.version + m.steps
    from unnest($2::uuid[], $3::text[], $4::int[]) as m (id, state, steps)
    where b.tenant_id = $1 and b.id = m.id`,
});

export const secureIntervals = statement('engine.secureIntervals', {
  params: ['uuid', 'uuid[]'],
  columns: {},
  text: `update engine.interval_claim c set expires_at = null
    where c.tenant_id = $1 and c.booking_id = any ($2::uuid[]) and c.expires_at is not null`,
});

export const secureUnits = statement('engine.secureUnits', {
  params: ['uuid', 'uuid[]'],
  columns: {},
  text: `update engine.stock_claim c set expires_at = null
    where c.tenant_id = $1 and c.booking_id = any ($2::uuid[]) and c.expires_at is not null`,
});

export const insertBookings = statement('engine.insertBookings', {
  params: [
    ...(['uuid', 'uuid[]', 'text[]', 'timestamptz[]', 'uuid[]', 'text[]', 'text[]', 'int8[]'] as const),
    ...(['timestamptz[]', 'text[]'] as const),
  ],
  columns: {},
  text: `insert into engine.booking as b
      (tenant_id, id, reference, state, expires_at, client_id, note, currency, total_minor, created_at, created_by)
    select k.tenant_id, n.id, n.reference, 'held', n.expires_at, n.client_id, n.note, n.currency, n.total_minor,
      n.created_at, n.created_by
    from engine.tenant_clock k
    cross join unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::uuid[], $6::text[], $7::text[], $8::bigint[],
      $9::timestamptz[], $10::text[])
      as n (id, reference, expires_at, client_id, note, currency, total_minor, created_at, created_by)
    where k.tenant_id = $1`,
});

export const insertLines = statement('engine.insertLines', {
  params: ['uuid', 'uuid[]', 'int4[]', 'text[]', 'jsonb[]', 'int4[]', 'int8[]', 'int8[]', 'int8[]'],
  columns: {},
  text: `insert into engine.booking_line as l
      (tenant_id, booking_id, line_no, kind, details, quantity, unit_minor, tax_minor, total_minor)
    select k.tenant_id, n.booking_id, n.line_no, n.kind, n.details, n.quantity, n.unit_minor, n.tax_minor, n.total_minor
    from engine.tenant_clock k
    cross join unnest($2::uuid[], $3::int[], $4::text[], $5::jsonb[], $6::int[], $7::bigint[], $8::bigint[], $9::bigint[])
      as n (booking_id, line_no, kind, details, quantity, unit_minor, tax_minor, total_minor)
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
  params: ['uuid', 'uuid[]', 'date[]', 'uuid[]', 'int4[]', 'int4[]', 'timestamptz[]'],
  columns: {},
  text: `insert into engine.stock_claim as c (tenant_id, resource_id, bucket, booking_id, line_no, units, expires_at)
    select k.tenant_id, n.resource_id, n.bucket, n.booking_id, n.line_no, n.units, n.expires_at
    from engine.tenant_clock k
    cross join unnest($2::uuid[], $3::date[], $4::uuid[], $5::int[], $6::int[], $7::timestamptz[])
      as n (resource_id, bucket, booking_id, line_no, units, expires_at)
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
  params: ['uuid', 'int8', 'timestamptz', 'text[]', 'uuid[]', 'text[]', 'text[]', 'jsonb[]'],
  columns: { seq: 'int8' },
  text: `with k as (
      update engine.tenant_clock c set seq = c.seq + $2 where c.tenant_id = $1 returning c.tenant_id, c.seq - $2 as base)
    insert into engine.change as g (tenant_id, seq, at, type, booking_id, resource_ids, actor, payload)
    select k.tenant_id, k.base + n.position, coalesce($3, now()), n.type, n.booking_id, n.resource_ids::uuid[], n.actor, n.payload
    from k
    cross join unnest($4::text[], $5::uuid[], $6::text[], $7::text[], $8::jsonb[])
      with ordinality as n (type, booking_id, resource_ids, actor, payload, position)
    returning g.seq`,
});
