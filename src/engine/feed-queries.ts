import { statement } from '../platform/statement.ts';

/** Tenants with changes that the reader has not read, over all tenants. */
export const behind = statement('worker.behind', {
  params: ['text', 'int8'],
  columns: { tenantId: 'uuid' },
  text: `select k.tenant_id as "tenantId" from engine.tenant_clock k
    left join engine.feed_position p on p.tenant_id = k.tenant_id and p.reader = $1
    where k.seq > coalesce(p.seq, 0) limit $2`,
});

/** How far the changes of these tenants have come, and where they begin. Rides the primary key. */
export const clocks = statement('worker.clocks', {
  params: ['uuid[]'],
  columns: { tenantId: 'uuid', seq: 'int8', keptFrom: 'int8' },
  text: `select k.tenant_id as "tenantId", k.seq, k.kept_from as "keptFrom"
    from engine.tenant_clock k where k.tenant_id = any ($1::uuid[])`,
});

/** What was changed since $2, without what a cache need not know. Rides the primary key. */
export const toldAfter = statement('engine.toldAfter', {
  params: ['uuid', 'int8', 'int8'],
  columns: {
    seq: 'int8',
    type: 'text',
    resourceIds: 'uuid[]',
    startsAt: 'timestamptz?',
    endsAt: 'timestamptz?',
  },
  text: `select c.seq, c.type, c.resource_ids as "resourceIds", c.starts_at as "startsAt", c.ends_at as "endsAt"
    from engine.change c where c.tenant_id = $1 and c.seq > $2 order by c.seq limit $3`,
});

/** A reader that has read nothing begins where the changes begin; having a position, it is waited for. */
export const ensurePosition = statement('engine.ensurePosition', {
  params: ['uuid', 'text'],
  columns: {},
  text: `insert into engine.feed_position as p (tenant_id, reader, seq)
    select k.tenant_id, $2, k.kept_from - 1 from engine.tenant_clock k where k.tenant_id = $1
    on conflict (tenant_id, reader) do nothing`,
});

export const lockPosition = statement('engine.lockPosition', {
  params: ['uuid', 'text'],
  columns: { seq: 'int8' },
  text: `select p.seq from engine.feed_position p where p.tenant_id = $1 and p.reader = $2
    for no key update of p skip locked`,
});

/** Where a tenant's changes begin. */
export const keptFrom = statement('engine.keptFrom', {
  params: ['uuid'],
  columns: { keptFrom: 'int8' },
  text: `select k.kept_from as "keptFrom" from engine.tenant_clock k where k.tenant_id = $1`,
});

/** Rides the primary key. */
export const changesAfter = statement('engine.changesAfter', {
  params: ['uuid', 'int8', 'int8'],
  columns: {
    seq: 'int8',
    at: 'timestamptz',
    type: 'text',
    bookingId: 'uuid?',
    resourceIds: 'uuid[]',
    actor: 'text',
    payload: 'jsonb',
  },
  text: `select c.seq, c.at, c.type, c.booking_id as "bookingId", c.resource_ids as "resourceIds", c.actor, c.payload
    from engine.change c where c.tenant_id = $1 and c.seq > $2 order by c.seq limit $3`,
});

export const movePosition = statement('engine.movePosition', {
  params: ['uuid', 'text', 'int8'],
  columns: {},
  text: `update engine.feed_position p set seq = $3 where p.tenant_id = $1 and p.reader = $2`,
});

/**
 * Of the changes from $4 until before $5 the last that is older than $2 and read by every reader that has a position, or
 * older than $3, read or not. Rides the primary key, of which it looks at no more than this stretch.
 */
export const lastToDrop = statement('engine.lastToDrop', {
  params: ['uuid', 'timestamptz', 'timestamptz', 'int8', 'int8'],
  columns: { seq: 'int8?' },
  text: `select max(c.seq) as seq from engine.change c
    where c.tenant_id = $1 and c.seq >= $4 and c.seq < $5 and (c.at < $3 or c.at < $2 and c.seq <= all (
      select p.seq from engine.feed_position p where p.tenant_id = $1))`,
});

/** Rides the primary key; without its lower end it would be planned as a scan, as if a third of all changes went. */
export const dropUntil = statement('engine.dropUntil', {
  params: ['uuid', 'int8', 'int8'],
  columns: {},
  text: `delete from engine.change c where c.tenant_id = $1 and c.seq >= $2 and c.seq <= $3`,
});

/** Of two that drop at once, the one that got further says where the changes begin. */
export const moveKeptFrom = statement('engine.moveKeptFrom', {
  params: ['uuid', 'int8'],
  columns: {},
  text: `update engine.tenant_clock k set kept_from = greatest(k.kept_from, $2) where k.tenant_id = $1`,
});
