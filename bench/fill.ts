import type pg from 'pg';
import { asOwner } from '../src/platform/migrate.ts';
import type { Instant } from '../src/platform/clock.ts';
import type { Uuid } from '../src/platform/id.ts';
import {
  bookingStatements,
  eventStatements,
  roomStatements,
  SEATS_OF_SECTION,
  SECTIONS_OF_FIELD,
  SECTIONS_OF_HALL,
  stockStatement,
} from './fill-statements.ts';

export interface Filling {
  /** 10^4 to 10^7 are useful; 10^6 take about a minute. */
  readonly bookings: number;
  readonly rooms: number;
  /** Standing sections, a multiple of 100. */
  readonly places: number;
}

export const DAY = 86_400_000;

/** Last week, from Monday on: whatever the size, hours of its Monday are booked in every room, from eight o'clock UTC on. */
export function bookedWeek(): [from: Instant, to: Instant] {
  const today = Math.floor(Date.now() / DAY);
  const monday = (today - ((today + MONDAY_OF_DAY_ZERO) % 7)) * DAY;
  return [monday - 7 * DAY, monday];
}

/** 1970 began on a Thursday, three days after a Monday. */
const MONDAY_OF_DAY_ZERO = 3;

/** Bookings made at a time: what is planned for them fits into memory. */
const AT_ONCE = 200_000;

/**
 * Fills a tenant that has nothing yet with synthetic bookings, straight into the tables: nobody waits for a million
 * holds over HTTP. Made up, but believable, and every promise of the doctor holds: rooms with every other office hour booked in the past weeks and
 * from week 60 on, half-sold halls of numbered seats, standing sections, limits per client, bookings in every state, and
 * the changes that led there. `tenant` must belong to the owner's database.
 */
export async function fill(ownerUrl: string, tenant: Uuid, filling: Filling): Promise<void> {
  const { bookings, rooms, places } = filling;
  const halls = Math.ceil((bookings * 0.3 * 2) / (SEATS_OF_SECTION * SECTIONS_OF_HALL)) + 1;
  const events = halls + places / SECTIONS_OF_FIELD;
  await asOwner(ownerUrl, async (client) => {
    await client.query(`set holdfast.tenant = '${tenant}'; set synchronous_commit = off; set jit = off;
      set maintenance_work_mem = '256MB'; set work_mem = '64MB'`);
    for (const text of roomStatements) await client.query(text, [tenant, rooms]);
    for (const text of eventStatements) await client.query(text, [tenant, events, halls]);
    await withoutIndexes(client, async () => {
      for (let from = 0; from < bookings; from += AT_ONCE)
        await inOneTransaction(client, async () => {
          const [plan = '', ...inserts] = bookingStatements;
          const until = Math.min(from + AT_ONCE, bookings);
          await client.query(plan, [tenant, from, until, rooms, places, bookings]);
          for (const text of inserts) await client.query(text, [tenant]);
        });
      await client.query(stockStatement, [tenant]);
    });
    await client.query('vacuum (analyze)');
  });
}

const GROWING = ['booking', 'booking_line', 'interval_claim', 'stock_claim', 'stock', 'change'];

/** Indexes and references are made after the rows, all at once: ten times as fast, and checked just the same. */
async function withoutIndexes(client: pg.Client, work: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ drop: string; make: string }>(
    `select format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname) as drop,
       format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid)) as make
     from pg_constraint k where k.contype in ('f', 'x') and k.conrelid = any ($1::regclass[])
     union all
     select format('drop index %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
     from pg_index i where i.indrelid = any ($1::regclass[])
       and not exists (select from pg_constraint k where k.conindid = i.indexrelid)`,
    [GROWING.map((table) => `engine.${table}`)],
  );
  for (const { drop } of rows) await client.query(drop);
  await work();
  for (const { make } of rows) await client.query(make);
}

async function inOneTransaction(client: pg.Client, work: () => Promise<void>): Promise<void> {
  await client.query('begin');
  await work();
  await client.query('commit');
}
