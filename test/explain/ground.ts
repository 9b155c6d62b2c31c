import type pg from 'pg';
import { fill } from '../../bench/fill.ts';
import { createKey } from '../../src/people/key.ts';
import { createTenant } from '../../src/people/tenant.ts';
import { asOwner } from '../../src/platform/migrate.ts';
import { freshDatabase, type FreshDatabase } from '../database.ts';

/** What the hot statements are asked about: things of a company with very many bookings. */
export interface Ground {
  tenant: string;
  slug: string;
  key: string;
  /** Bookings of rooms, of seats and of standing places, in this order. */
  bookings: readonly string[];
  reference: string;
  /** A booking half-way down. */
  middle: string;
  rooms: readonly string[];
  /** Hours of the past in each of which about every second room is booked. */
  window: readonly [Date, Date];
  /** Claims of rooms: of which booking, which room, from when. */
  intervals: readonly { bookingId: string; roomId: string; startsAt: Date }[];
  /** Claims of places. */
  units: readonly { bookingId: string; placeId: string }[];
  /** An event of numbered seats, and one where people stand. */
  hall: string;
  field: string;
  seats: readonly string[];
  /** The reference of somebody who has seats of the hall. */
  attendee: string;
  /** A section of numbered seats, its last seat, and a standing one. */
  stalls: { id: string; lastId: string };
  floor: string;
  lastChange: number;
}

const SLUG = 'plans';
const ROOMS = 1_000;
const PLACES = 20_000;
const KEPT_ANSWERS = 10_000;

/** A database of its own with `bookings` of one company: where rows are all of one, a scan is at its most tempting. */
export async function filledDatabase(bookings: number): Promise<FreshDatabase & { ground: Ground }> {
  const database = await freshDatabase();
  const tenant = (await createTenant(database.db, { slug: SLUG })).id;
  await fill(database.ownerUrl, tenant, { bookings, rooms: ROOMS, places: PLACES });
  await createKey(database.db, tenant, { role: 'admin', name: 'of the test' });
  const ground = await asOwner(database.ownerUrl, async (client) => {
    await client.query(`set holdfast.tenant = '${tenant}'`);
    await client.query(
      `insert into engine.idempotency (tenant_id, principal, route, key, fingerprint, status, body, at)
       select $1, 'key', 'POST /holds', n::text, sha256(''), 201, '{}', now() from generate_series(1, ${KEPT_ANSWERS}) n`,
      [tenant],
    );
    await client.query('vacuum (analyze) engine.idempotency');
    const ground = await lookAround(client, tenant);
    for (const text of tierStatements) await client.query(text, [tenant, ground.hall]);
    await client.query('analyze events.tier');
    return ground;
  });
  return { ...database, ground };
}

const TIER = `md5($1::uuid || 'tier')::uuid`;
const OF_TIER = `from engine.stock_claim c join events.event_section x on x.tenant_id = c.tenant_id and x.id = c.resource_id
  where c.tenant_id = $1 and x.event_id = $2`;

/** A tier at which all places of the hall $2 were sold. */
const tierStatements: readonly string[] = [
  `insert into events.tier (tenant_id, event_id, name, no, id, amount_minor, capacity, hidden, code_digests)
   values ($1, $2, 'Adult', 1, ${TIER}, 2500, 1000000, false, '{}')`,
  `insert into engine.stock (tenant_id, resource_id, capacity, taken)
   select $1, ${TIER}, 1000000, coalesce(sum(c.units), 0) ${OF_TIER}`,
  `insert into engine.stock_claim (tenant_id, resource_id, bucket, booking_id, line_no, units, expires_at)
   select $1, ${TIER}, c.bucket, c.booking_id, c.line_no, sum(c.units), max(c.expires_at) ${OF_TIER}
   group by c.bucket, c.booking_id, c.line_no`,
];

async function lookAround(client: pg.Client, tenant: string): Promise<Ground> {
  const ids = async (text: string): Promise<string[]> => {
    const { rows } = await client.query<{ id: string }>(text, [tenant]);
    return rows.map(({ id }) => id);
  };
  const bookings = await ids(
    `select id from (
       select l.booking_id as id, l.kind, row_number() over (partition by l.kind order by l.booking_id desc) as nth
       from engine.booking_line l join engine.booking b on b.tenant_id = l.tenant_id and b.id = l.booking_id
       where l.tenant_id = $1 and b.state = 'confirmed') last
     where nth <= 10 order by array_position(array['room', 'seat', 'admission'], kind), id`,
  );
  const [reference = ''] = await ids(
    'select reference as id from engine.booking where tenant_id = $1 limit 1',
  );
  const [middle = ''] = await ids(
    `select id from engine.booking where tenant_id = $1 order by id
     offset (select count(*) / 2 from engine.booking where tenant_id = $1) limit 1`,
  );
  const [last = '0'] = await ids('select seq::text as id from engine.tenant_clock where tenant_id = $1');
  const [key = ''] = await ids('select id from people.api_key where tenant_id = $1');
  const intervals = await client.query<Ground['intervals'][number]>(
    `select booking_id as "bookingId", resource_id as "roomId", starts_at as "startsAt"
     from engine.interval_claim where tenant_id = $1 limit 10`,
    [tenant],
  );
  const units = await client.query<Ground['units'][number]>(
    `select booking_id as "bookingId", resource_id as "placeId" from engine.stock_claim where tenant_id = $1 limit 10`,
    [tenant],
  );
  const { rows } = await client.query<{ until: Date }>(
    `select max(ends_at) as until from engine.interval_claim where tenant_id = $1 and ends_at < now()`,
    [tenant],
  );
  const until = rows[0]?.until ?? new Date(0);
  return {
    tenant,
    slug: SLUG,
    key,
    bookings,
    reference,
    middle,
    rooms: await ids('select id from rooms.room where tenant_id = $1 order by name limit 20'),
    window: [new Date(until.getTime() - 8 * 3_600_000), until],
    intervals: intervals.rows,
    units: units.rows,
    ...(await placesOf(client, tenant, ids)),
    seats: await ids(
      `select c.resource_id as id from engine.stock_claim c where c.tenant_id = $1 and c.booking_id in (
         select l.booking_id from engine.booking_line l where l.tenant_id = $1 and l.kind = 'seat' limit 10)`,
    ),
    lastChange: Number(last),
  };
}

async function placesOf(
  client: pg.Client,
  tenant: string,
  ids: (text: string) => Promise<string[]>,
): Promise<Pick<Ground, 'hall' | 'field' | 'stalls' | 'floor' | 'attendee'>> {
  const [hall = ''] = await ids(
    `select event_id as id from events.event_section where tenant_id = $1 and kind = 'seated' limit 1`,
  );
  const [field = ''] = await ids(
    `select event_id as id from events.event_section where tenant_id = $1 and kind = 'standing' limit 1`,
  );
  const seated = await client.query<Ground['stalls']>(
    `select id, last_id as "lastId" from events.event_section where tenant_id = $1 and event_id = $2 and kind = 'seated'
     order by no limit 1`,
    [tenant, hall],
  );
  const [attendee = ''] = await ids(
    `select b.reference as id from engine.booking_line l
     join engine.booking b on b.tenant_id = l.tenant_id and b.id = l.booking_id
     where l.tenant_id = $1 and l.details ->> 'eventId' = '${hall}' and b.state = 'confirmed' limit 1`,
  );
  const [floor = ''] = await ids(
    `select c.resource_id as id from engine.stock_claim c where c.tenant_id = $1 and c.expires_at is null
     and c.resource_id in (select id from events.event_section where tenant_id = $1 and kind = 'standing')
     group by c.resource_id order by count(*) desc limit 1`,
  );
  return { hall, field, stalls: seated.rows[0] ?? { id: '', lastId: '' }, floor, attendee };
}
