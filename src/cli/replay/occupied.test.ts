import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { freshDatabase } from '../../../test/database.ts';
import { uuidV7 } from '../../platform/id.ts';
import { asOwner } from '../../platform/migrate.ts';
import { countOccupied, differences } from './occupied.ts';

const fresh = await freshDatabase();
after(() => fresh.close());

const monday = Date.parse('2026-11-30T00:00:00Z');
const week = [monday, monday + 7 * 86_400_000] as const;
const hour = (n: number) => new Date(monday + n * 3_600_000).toISOString();

/** A tenant with two rooms of one name in two buildings, and a way to put a claim on one of them. */
async function campus() {
  const tenant = uuidV7();
  const rooms = { east: uuidV7(), west: uuidV7() };
  await asOwner(fresh.ownerUrl, async (client) => {
    await client.query(`insert into people.tenant values ($1, $2, 'Campus', 'UTC', 'EUR', now())`, [
      tenant,
      `t${tenant}`.slice(0, 36),
    ]);
    for (const [building, room] of Object.entries(rooms)) {
      const id = uuidV7();
      await client.query('insert into rooms.building values ($1, $2, $3, now())', [tenant, id, building]);
      await client.query(
        `insert into rooms.room (tenant_id, id, building_id, name, capacity, created_at)
          values ($1, $2, $3, 'Room 1', 10, now())`,
        [tenant, room, id],
      );
      await client.query('insert into engine.calendar values ($1, $2)', [tenant, room]);
    }
  });
  const claim = (room: string, from: number, to: number, expiresAt: string | null = null) =>
    asOwner(fresh.ownerUrl, async (client) => {
      const booking = uuidV7();
      await client.query(
        `insert into engine.booking (tenant_id, id, reference, state, expires_at, currency, total_minor, created_at, created_by, hold_seconds)
          values ($1, $2, 'reference of ' || $2::uuid, case when $3::timestamptz is null then 'confirmed' else 'held' end, $3, 'EUR', 0, now(), 'test', 600)`,
        [tenant, booking, expiresAt],
      );
      await client.query(
        `insert into engine.booking_line (tenant_id, booking_id, line_no, kind, details, quantity, unit_minor, total_minor)
          values ($1, $2, 1, 'room', '{}', 1, 0, 0)`,
        [tenant, booking],
      );
      await client.query(
        `insert into engine.interval_claim (tenant_id, resource_id, booking_id, line_no, starts_at, ends_at, expires_at)
          values ($1, $2, $3, 1, $4, $5, $6)`,
        [tenant, room, booking, hour(from), hour(to), expiresAt],
      );
      return booking;
    });
  return { tenant, rooms, claim };
}

test('the minutes of a week are counted per room, ours apart from those of others', async () => {
  const { tenant, rooms, claim } = await campus();
  const ours = [
    await claim(rooms.east, 8, 9.5),
    await claim(rooms.east, 10, 11),
    await claim(rooms.west, 8, 9),
  ];
  await claim(rooms.west, 9, 9.25);
  assert.deepEqual(await countOccupied(fresh.db, tenant, ...week, ours), [
    { building: 'east', room: 'Room 1', ours: 150, others: 0 },
    { building: 'west', room: 'Room 1', ours: 60, others: 15 },
  ]);
});

test('holds, other weeks and other tenants do not count', async () => {
  const { tenant, rooms, claim } = await campus();
  const other = await campus();
  await other.claim(other.rooms.east, 8, 9);
  await claim(rooms.east, -2, 0);
  await claim(rooms.east, 7 * 24, 7 * 24 + 1);
  await claim(rooms.east, 8, 9, hour(0));
  assert.deepEqual(await countOccupied(fresh.db, tenant, ...week, []), []);
});

test('a difference shows in either direction, and rooms of one name in two buildings are two', () => {
  const planned = [
    { building: 'east', room: 'Room 1', minutes: 90 },
    { building: 'east', room: 'Room 1', minutes: 90 },
    { building: 'east', room: 'Room 2', minutes: 90 },
  ];
  const counted = [
    { building: 'east', room: 'Room 1', ours: 180, others: 60 },
    { building: 'west', room: 'Room 1', ours: 90, others: 0 },
  ];
  assert.deepEqual(differences(planned, counted), [
    { building: 'east', room: 'Room 2', planned: 90, counted: 0 },
    { building: 'west', room: 'Room 1', planned: 0, counted: 90 },
  ]);
});
