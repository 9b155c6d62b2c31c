import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { hold, on, openFixture, slot, units, type Fixture } from '../../test/engine-fixture.ts';
import { planted } from '../../test/planted.ts';
import { sumBookings } from './booked-sums.ts';
import { examine, type Finding } from './examine.ts';
import { invariants } from './invariants.ts';

let fixture: Fixture;
let sound: readonly Finding[];
before(async () => {
  fixture = await openFixture();
  const room = await fixture.newCalendar();
  const seats = await fixture.newStock(5);
  await fixture.perform(hold([slot(room, 0), units(seats, 2)]));
  const confirmed = hold([slot(room, 1), units(seats, 1)]);
  await fixture.perform(confirmed);
  await fixture.perform(on('confirm', confirmed.bookingId));
  await fixture.perform(hold([slot(room, 2), units(seats, 1)], { approval: 'competing' }));
  await sumBookings(fixture.database.db, fixture.tenant, Date.now(), {
    bookings: 3,
    ageMs: -60_000,
    atOnce: 1,
  });
  sound = await fixture.tamper((client) => Array.fromAsync(examine(client, invariants)));
});
after(() => fixture.close());

/** Ways to break promises, around the constraints that stand in front of them, and exactly what the doctor says then. */
const violations: readonly (readonly [sql: string, ...broken: string[]])[] = [
  [
    `alter table engine.interval_claim drop constraint interval_never_shared;
     update engine.interval_claim set starts_at = starts_at - interval '30 minutes'`,
    ...['no-overlap', 'constraints-stand'],
  ],
  [`update engine.stock set taken = taken + 1`, 'stock-adds-up'],
  [`update engine.interval_claim set expires_at = null`, 'claim-has-booking'],
  [
    `delete from engine.interval_claim; delete from engine.stock_claim; update engine.stock set taken = 0`,
    'booking-has-claims',
  ],
  [`delete from engine.wish where stock_id is null`, 'request-has-wishes'],
  [
    `update engine.booking set approval = 'exclusive' where state = 'requested'`,
    'wish-has-request',
    'booking-has-claims',
  ],
  [`update engine.booking set total_minor = total_minor + 1`, 'amounts-add-up'],
  [
    `update engine.booking_line set cancelled_at = now()`,
    ...['claim-has-booking', 'wish-has-request', 'amounts-add-up', 'sums-add-up'],
  ],
  [`update engine.change set type = 'booking.renewed' where type = 'booking.confirmed'`, 'state-was-told'],
  [`update engine.change set type = 'booking.completed' where type = 'booking.held'`, 'state-was-told'],
  [`update engine.booking set created_at = now() + interval '1 hour'`, 'no-future', 'sums-add-up'],
  [`update engine.booked set confirmed = confirmed + 1`, 'sums-add-up'],
  [`delete from engine.booked`, 'sums-add-up'],
  [`update engine.booked_stretch set after_id = '00000000-0000-0000-0000-000000000001'`, 'sums-add-up'],
  [
    `update engine.booking set expires_at = now() - interval '2 minutes' where state = 'held';
     update engine.interval_claim set expires_at = now() - interval '2 minutes' where expires_at is not null;
     update engine.stock_claim set expires_at = now() - interval '2 minutes' where expires_at is not null`,
    'holds-are-swept',
  ],
  [`delete from engine.change where seq = 2`, 'changes-are-gapless'],
  [`update engine.tenant_clock set seq = seq + 1`, 'changes-are-gapless'],
  [`update engine.tenant_clock set kept_from = 3`, 'changes-are-gapless'],
  [`alter table engine.stock drop constraint stock_never_oversold`, 'constraints-stand'],
  [
    `alter table engine.stock drop constraint stock_never_oversold, add constraint stock_never_oversold check (taken >= 0)`,
    'constraints-stand',
  ],
  [`alter table engine.booking no force row level security`, 'walls-stand'],
  [`create policy open_door on engine.booking using (true)`, 'walls-stand'],
  [`create policy open_hand on engine.booking for update to holdfast_worker using (true)`, 'walls-stand'],
  [`create table engine.loose (tenant_id uuid)`, 'walls-stand'],
  [`alter table engine.guard add constraint loose unique (version)`, 'tenant-in-keys'],
  [`create unique index loose on engine.booking (reference)`, 'tenant-in-keys'],
  [`alter table engine.guard owner to holdfast_app`, 'roles-cannot-climb'],
  [`alter table engine.stock add constraint loose check (capacity < 0) not valid`, 'nothing-half-built'],
  [`create view engine.everything as select * from engine.booking`, 'no-back-doors'],
  [`create materialized view engine.everything as select 1 as one`, 'no-back-doors'],
  [`create function engine.anything() returns int language sql security definer return 1`, 'no-back-doors'],
  [
    shadowed(
      'pg_stat_database',
      `select datname, tup_inserted, tup_updated, tup_deleted, 1 as checksum_failures from pg_catalog.pg_stat_database`,
    ),
    'pages-are-intact',
  ],
  [settings({ data_checksums: 'off' }), 'pages-are-checked'],
  [settings({ server_version_num: '180001' }), 'postgresql-is-patched'],
  [settings({ fsync: 'on', full_page_writes: 'on' }), 'durability-is-on'],
  [settings({ zero_damaged_pages: 'on' }), 'durability-is-on'],
];

test('every promise holds on a sound database and says how much it looked at', () => {
  assert.deepEqual(sound.map(({ id }) => id).sort(), invariants.map(({ id }) => id).sort());
  // The tests' own PostgreSQL does not wait for the disk.
  for (const finding of sound.filter(({ id }) => id !== 'durability-is-on')) {
    assert.equal(finding.broken, 0, `${finding.id}: ${finding.examples.join()}`);
    assert.ok(finding.examined > 0, `${finding.id} looked at nothing`);
  }
});

for (const [sql, ...broken] of violations)
  test(`the doctor sees ${broken.join(' and ')} broken by "${sql.replaceAll(/\s+/g, ' ')}"`, async () => {
    const found = await fixture.tamper((client) => planted(client, sql, invariants));
    assert.deepEqual(found.map(({ id }) => id).sort(), broken.sort());
    for (const { examples } of found) assert.ok(examples.length > 0);
  });

test('a violation is planted for every promise', () => {
  const broken = new Set(violations.flatMap(([, ...ids]) => ids));
  assert.deepEqual(
    invariants.filter(({ id }) => !broken.has(id)),
    [],
  );
});

function settings(changed: Readonly<Record<string, string>>): string {
  const select = `select name, coalesce('${JSON.stringify(changed)}'::jsonb ->> name, setting) as setting`;
  return shadowed('pg_settings', `${select} from pg_catalog.pg_settings`);
}

/** A view of the name of PostgreSQL's own that is found before it. */
function shadowed(name: string, select: string): string {
  return `create temp view ${name} as ${select}; set local search_path = pg_temp, pg_catalog`;
}
