import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { playHistories, ROOMS, type AskedOf } from '../../../test/booked-history.ts';
import { freshDatabase, type FreshDatabase } from '../../../test/database.ts';
import type { Uuid } from '../../platform/id.ts';
import { bookingActivity } from './reports.ts';

let database: FreshDatabase;
before(async () => (database = await freshDatabase()));
after(() => database.close());

/** What the report is to say of rooms $6, line by line and without anything that was kept. */
const PLAIN = `
  select date_trunc($4, n.made at time zone $5)::date::text as period, count(*)::int as bookings,
    count(*) filter (where n.stands)::int as standing,
    count(*) filter (where (n.state = 'cancelled' or n.cancelled is not null) and n.state <> 'declined'
      and not n.nobody_came)::int as cancelled,
    count(*) filter (where n.state = 'declined')::int as declined,
    count(*) filter (where n.nobody_came)::int as "noShows",
    count(*) filter (where n.came and n.cancelled is null)::int as "checkedIn",
    coalesce(round(date_part('epoch', sum(n."end" - n.start) filter (where n.stands)) / 60), 0)::int as "bookedMinutes",
    round(avg(n.lead) filter (where n.stands), 2)::float8 as "meanLeadHours",
    round((percentile_cont(0.5) within group (order by n.lead) filter (where n.stands))::numeric, 2)::float8 as "medianLeadHours"
  from (
    select b.created_at as made, b.state, t.start, t."end", l.cancelled_at as cancelled, l.checked_in_at is not null as came,
      date_part('epoch', t.start - b.created_at)::numeric / 3600 as lead,
      l.cancelled_at is null and b.state in ('requested', 'confirmed', 'completed', 'noShow') as stands,
      case when l.cancelled_at is null then b.state = 'noShow' when b.state = 'declined' then false
        else l.cancelled_at >= t.start and l.cancelled_at < t."end" and l.checked_in_at is null end as nobody_came
    from engine.booking b
    join engine.booking_line l on l.tenant_id = b.tenant_id and l.booking_id = b.id
    cross join jsonb_to_record(l.details) as t (start timestamptz, "end" timestamptz, "roomId" uuid)
    where b.tenant_id = $1 and b.created_at >= $2 and b.created_at < $3 and l.kind = 'room' and t."roomId" = any ($6)
      and b.state not in ('held', 'paying', 'expired') and not l.details ? 'skipped') n
  group by 1 order by 1`;

let asks = 0;
/** Asked in turn. */
const QUESTIONS = [
  { filters: {}, rooms: ROOMS },
  { filters: { building: 'A' }, rooms: [ROOMS[0]] },
  { filters: { capacity: 20 }, rooms: [ROOMS[1]] },
  { filters: { building: 'A', capacity: 20 }, rooms: [] },
] as const;

async function assertExact(client: pg.Client, id: Uuid, asked: AskedOf, when: string): Promise<void> {
  const { startsAt, endsAt, per, timezone } = asked;
  const tenant = { id, timezone } as Parameters<typeof bookingActivity>[0]['tenant'];
  const { filters, rooms } = QUESTIONS[(asks += 1) % QUESTIONS.length] ?? QUESTIONS[0];
  const values = [id, new Date(startsAt), new Date(endsAt), per, timezone, rooms];
  const { rows } = await client.query(PLAIN, values);
  const told = await bookingActivity({ db: database.db, tenant, filters, window: { startsAt, endsAt } }, per);
  assert.deepEqual(told, rows, `${when} ${JSON.stringify(filters)}`);
}

async function addRooms(client: pg.Client, tenant: Uuid): Promise<void> {
  await client.query(
    `with b as (insert into rooms.building (tenant_id, id, name, created_at)
       select $1, n.id, n.name, now() from (values ($2::uuid, 'A'), ($3::uuid, 'B')) n (id, name) returning id, name)
     insert into rooms.room (tenant_id, id, building_id, name, capacity, created_at)
     select $1, b.id, b.id, 'Room ' || b.name, case b.name when 'A' then 10 else 20 end, now() from b`,
    [tenant, ...ROOMS],
  );
}

test('whatever is booked and changed, and of whichever rooms, the report says what the bookings say', () =>
  playHistories(database, { begin: addRooms, examine: assertExact }));
