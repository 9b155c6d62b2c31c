import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { freshDatabase, type FreshDatabase } from '../../../test/database.ts';
import { planOf, readWhole, rowsRead, stepsOf } from '../../../test/plan.ts';
import { createTenant } from '../../people/tenant.ts';
import { asOwner } from '../../platform/migrate.ts';
import { rooms } from './index.ts';

/**
 * How PostgreSQL carries out what looks over many rooms, as the role that serves, with the plan that is kept for all
 * values: on 12 companies with 1 000 rooms each and 70 000 claims, 70 for each room of the one that asks.
 */
const ROOMS = 1_000;
const WINDOW = [Date.UTC(2030, 4, 6), Date.UTC(2030, 4, 13)] as const;
const ID = '00000000-0000-0000-0000-000000000000';
const ANY = [null, null, null, null] as const;

let database: FreshDatabase;
let client: pg.Client;
let tenant: string;
let oneRoom: string;

before(async () => {
  assert.equal(rooms.name, 'rooms', 'all its statements are defined now');
  database = await freshDatabase();
  const made = await Promise.all(
    Array.from({ length: 12 }, (_, n) => createTenant(database.db, { slug: `company-${n}` })),
  );
  tenant = made[0]?.id ?? '';
  await asOwner(database.ownerUrl, async (owner) => {
    // Plans do not depend on what is checked while rows are written.
    await owner.query(`alter table engine.interval_claim drop constraint interval_never_shared,
      drop constraint interval_claim_tenant_id_booking_id_line_no_fkey,
      drop constraint interval_claim_tenant_id_resource_id_fkey`);
    for (const { id } of made) {
      await owner.query(`set holdfast.tenant = '${id}'`);
      await fill(owner, id);
    }
    await owner.query('vacuum (analyze)');
    await owner.query(`set holdfast.tenant = '${tenant}'`);
    const { rows } = await owner.query<{ id: string }>(
      'select room_id as id from rooms.feed where tenant_id = $1 limit 1',
      [tenant],
    );
    oneRoom = rows[0]?.id ?? '';
  });
  client = new pg.Client({ connectionString: database.servingUrl });
  await client.connect();
});
after(async () => {
  await client.end();
  await database.close();
});

async function fill(owner: pg.Client, id: string): Promise<void> {
  await owner.query(
    `insert into rooms.building select $1, gen_random_uuid(), 'Building ' || n, now() from generate_series(1, 20) n`,
    [id],
  );
  await owner.query(
    `insert into rooms.room (tenant_id, id, building_id, name, capacity, rules, opening_hours, created_at)
     select $1, gen_random_uuid(), (select b.id from rooms.building b where b.tenant_id = $1 and b.name = 'Building ' || 1 + n % 20),
       'Room ' || n, 10 + n % 90, case when n % 20 = 0 then '{"checkInMinutes": 10}' else '{"bufferBeforeMinutes": 5}' end::jsonb,
       '{"mon": [["08:00", "20:00"]]}', now()
     from generate_series(1, $2::int) n`,
    [id, ROOMS],
  );
  // Every third hour of a day and a half in each of seven weeks, and of one room of each other company.
  await owner.query(
    `insert into engine.interval_claim
     select $1, r.id, gen_random_uuid(), 1, s.at, s.at + interval '1 hour', null
     from rooms.room r
     cross join (select w + make_interval(hours => 3 * n) as at
       from generate_series('2030-04-01'::timestamptz, '2030-05-13', '1 week') w cross join generate_series(1, 10) n) s
     where r.tenant_id = $1 and ($1 = $2 or r.name = 'Room 1')`,
    [id, tenant],
  );
  await owner.query(
    `insert into rooms.blackout select $1, gen_random_uuid(), id, '2030-05-20', '2030-05-21', null, now()
     from rooms.room where tenant_id = $1`,
    [id],
  );
  await owner.query(
    `insert into engine.booking (tenant_id, id, reference, state, hold_seconds, currency, total_minor, created_at, created_by)
     select tenant_id, booking_id, booking_id::text, 'confirmed', 600, 'EUR', 0, '2030-05-07', 'test'
     from engine.interval_claim where tenant_id = $1`,
    [id],
  );
  await owner.query(
    `insert into engine.booking_line (tenant_id, booking_id, line_no, kind, details, quantity, unit_minor, total_minor)
     select tenant_id, booking_id, 1, 'room', jsonb_build_object('roomId', resource_id, 'start', starts_at, 'end', ends_at), 1, 0, 0
     from engine.interval_claim where tenant_id = $1`,
    [id],
  );
  await owner.query(
    `insert into rooms.feed select $1, id, sha256(''), now() from rooms.room
     where tenant_id = $1 and name like 'Room 1%'`,
    [id],
  );
  await owner.query(
    `insert into rooms.feed_shown
     select i.tenant_id, i.resource_id, i.booking_id, i.line_no, i.starts_at, i.ends_at
     from rooms.feed f join engine.interval_claim i on i.tenant_id = f.tenant_id and i.resource_id = f.room_id
     where f.tenant_id = $1`,
    [id],
  );
}

/** What each looks at; `claims` is how many rows of engine.interval_claim that may be. */
const looks: readonly { name: string; values: () => readonly unknown[]; claims: number }[] = [
  {
    name: 'rooms.grid',
    values: () => [tenant, ...ANY, ...WINDOW, '', ID, true, ROOMS],
    claims: ROOMS * (10 + 8), // the ten of the week, and the day behind it
  },
  {
    name: 'rooms.freeList.capacity.page',
    values: () => [tenant, ...ANY, ...WINDOW, 200],
    claims: ROOMS, // the first that is not over decides
  },
  { name: 'rooms.usageByRoom', values: () => [tenant, ...ANY, ...WINDOW], claims: ROOMS * 11 },
  { name: 'rooms.usageByHour', values: () => [tenant, ...ANY, ...WINDOW, 'UTC'], claims: ROOMS * 11 },
  { name: 'rooms.absent', values: () => [tenant, 200], claims: ROOMS / 20 },
  { name: 'worker.companiesWithCheckIn', values: () => [], claims: 0 },
  { name: 'rooms.doorLines', values: () => [tenant, oneRoom, WINDOW[0], 100], claims: 100 },
  { name: 'rooms.feedLines', values: () => [tenant, oneRoom, ...WINDOW, 3_000], claims: 10 },
  { name: 'rooms.shownLines', values: () => [tenant, oneRoom, WINDOW[0]], claims: 0 },
];

for (const { name, values, claims } of looks)
  test(`${name} reads no table from end to end and no more claims than it needs`, async () => {
    const steps = stepsOf(await planOf(client, tenant, name, values()));
    // A company has a few dozen buildings and terms: they fit on a page or two, which is read whole at once.
    assert.deepEqual(
      readWhole(steps).filter((table) => table !== 'building'),
      [],
    );
    const read = rowsRead(steps, (table) => table === 'interval_claim');
    assert.ok(read <= claims, `${read} claims were read`);
  });
