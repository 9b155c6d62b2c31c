import type { Database, Transaction } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { statement } from '../platform/statement.ts';
import { ONLY_BUCKET, type UnitsNeed } from './claim.ts';
import * as sql from './queries.ts';

const insertStock = statement('engine.insertStock', {
  params: ['uuid', 'uuid[]', 'int4[]'],
  columns: {},
  text: `insert into engine.stock as s (tenant_id, resource_id, capacity)
    select k.tenant_id, n.resource_id, n.capacity
    from engine.tenant_clock k cross join unnest($2::uuid[], $3::int[]) as n (resource_id, capacity)
    where k.tenant_id = $1`,
});

const emptyStock = statement('engine.emptyStock', {
  params: ['uuid', 'uuid[]'],
  columns: {},
  text: `update engine.stock s set capacity = 0, overbook = 0
    where s.tenant_id = $1 and s.resource_id = any ($2::uuid[])`,
});

/** Rides stock_claim_by_stock. */
const claimedOf = statement('engine.claimedOfStock', {
  params: ['uuid', 'uuid[]'],
  columns: { resourceId: 'uuid', units: 'int4' },
  text: `select c.resource_id as "resourceId", sum(c.units)::int as units from engine.stock_claim c
    where c.tenant_id = $1 and c.resource_id = any ($2::uuid[]) and c.units > 0
      and (c.expires_at is null or c.expires_at > statement_timestamp())
    group by c.resource_id`,
});

/** Rides the primary key. */
const takenOf = statement('engine.unitsTaken', {
  params: ['uuid', 'uuid[]', 'date[]'],
  columns: { resourceId: 'uuid', bucket: 'date', taken: 'int4' },
  text: `select s.resource_id as "resourceId", s.bucket, s.taken from engine.stock s
    where s.tenant_id = $1
      and (s.resource_id, s.bucket) in (select r, b from unnest($2::uuid[], $3::date[]) as asked (r, b))`,
});

/** Rows of one statement: much longer parameters make the driver slower than a second packet. */
const CHUNK = 5_000;

/** Opens counted resources that have one bucket. */
export async function openStock(
  tx: Transaction,
  rows: readonly { resourceId: Uuid; capacity: number }[],
): Promise<void> {
  for (const chunk of chunks(rows))
    await tx.run(
      insertStock,
      chunk.map((row) => row.resourceId),
      chunk.map((row) => row.capacity),
    );
}

/**
 * Waits for the sales of these resources that are under way and holds off new ones until the transaction ends: for
 * writers that must see every sale, or none after them. Answers how many units are taken.
 */
export async function lockStock(tx: Transaction, resourceIds: readonly Uuid[]): Promise<number> {
  const rows = await tx.run(
    sql.lockStock,
    resourceIds,
    resourceIds.map(() => ONLY_BUCKET),
  );
  return rows.reduce((sum, row) => sum + row.taken, 0);
}

/** Those of these resources that bookings hold now, with how many units they do. */
export async function heldAmong(tx: Transaction, resourceIds: readonly Uuid[]): Promise<Map<Uuid, number>> {
  const rows = await tx.run(claimedOf, resourceIds);
  return new Map(rows.map(({ resourceId, units }) => [resourceId, units]));
}

/**
 * How many units of buckets are taken, without a lock, for advice. What expired holds had counts as taken until somebody
 * needs the row, so there may be more left than this tells, never less at that moment.
 */
export async function unitsTaken(
  db: Database,
  tenant: Uuid,
  of: readonly Bucket[],
): Promise<(bucket: Bucket) => number> {
  const key = ({ resourceId, bucket }: Bucket) => `${resourceId} ${bucket}`;
  if (of.length === 0) return () => 0;
  const ids = of.map(({ resourceId }) => resourceId);
  const rows = await db.read(
    tenant,
    takenOf,
    ids,
    of.map(({ bucket }) => bucket),
  );
  const taken = new Map(rows.map((row) => [key(row), row.taken]));
  return (bucket) => taken.get(key(bucket)) ?? 0;
}
type Bucket = Pick<UnitsNeed, 'resourceId' | 'bucket'>;

/**
 * Takes resources that nobody claims off sale for good. Their rows stay behind with nothing in them: to delete one,
 * the foreign key of the claims would look through all claims of the tenant.
 */
export async function closeStock(tx: Transaction, resourceIds: readonly Uuid[]): Promise<void> {
  for (const chunk of chunks(resourceIds)) await tx.run(emptyStock, chunk);
}

function* chunks<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < rows.length; i += CHUNK) yield rows.slice(i, i + CHUNK);
}
