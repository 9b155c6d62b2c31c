import type pg from 'pg';
import { openCalendar } from '../src/engine/calendar.ts';
import {
  ONLY_BUCKET,
  openEngine,
  type Command,
  type Engine,
  type Hold,
  type Needs,
} from '../src/engine/index.ts';
import type { Outcome } from '../src/engine/index.ts';
import { createTenant } from '../src/people/tenant.ts';
import { newReference, uuidV7, type Uuid } from '../src/platform/id.ts';
import { asOwner } from '../src/platform/migrate.ts';
import { freshDatabase, silentLog, type FreshDatabase } from './database.ts';

/** One company with things to book, on a database of its own, and an engine on it. */
export interface Fixture {
  database: FreshDatabase;
  tenant: Uuid;
  engine: Engine;
  perform(command: Command): Promise<Outcome>;
  newCalendar(): Promise<Uuid>;
  newStock(capacity: number): Promise<Uuid>;
  /** Runs SQL as the owner with the tenant set, around every rule of the program. */
  tamper<T>(work: (client: pg.Client) => Promise<T>): Promise<T>;
  count(sql: string): Promise<number>;
  close(): Promise<void>;
}

export async function openFixture(): Promise<Fixture> {
  const database = await freshDatabase();
  const { db, ownerUrl } = database;
  const tenant = (await createTenant(db, { slug: 'acme' })).id;
  const engine = openEngine({ db, log: silentLog, width: 3, guarded: true });
  const tamper = <T>(work: (client: pg.Client) => Promise<T>) =>
    asOwner(ownerUrl, async (client) => {
      await client.query(`set holdfast.tenant = '${tenant}'`);
      return work(client);
    });
  return {
    database,
    tenant,
    engine,
    perform: (command) => engine.perform(tenant, command),
    newCalendar: async () => {
      const id = uuidV7();
      await db.inTenant(tenant, (tx) => openCalendar(tx, id));
      return id;
    },
    newStock: async (capacity) => {
      const id = uuidV7();
      await tamper((c) =>
        c.query('insert into engine.stock (tenant_id, resource_id, capacity) values ($1, $2, $3)', [
          tenant,
          id,
          capacity,
        ]),
      );
      return id;
    },
    tamper,
    count: (sql) =>
      tamper(async (c) => Number((await c.query<{ n: string }>(`select (${sql}) as n`)).rows[0]?.n)),
    close: async () => {
      await engine.drain();
      await database.close();
    },
  };
}

const HOUR_MS = 3_600_000;

/** `hours` of a calendar, from `from` hours after the start of 2030. */
export function slot(resourceId: Uuid, from: number, hours = 1): Needs {
  const startsAt = Date.UTC(2030, 0, 1) + from * HOUR_MS;
  return { intervals: [{ resourceId, startsAt, endsAt: startsAt + hours * HOUR_MS }], units: [] };
}

export function units(resourceId: Uuid, count: number): Needs {
  return { intervals: [], units: [{ resourceId, bucket: ONLY_BUCKET, units: count }] };
}

/** A hold of one line for each of `needs`. */
export function hold(needs: readonly Needs[], given: Partial<Hold> = {}): Hold {
  const price = { kind: 'test', details: {}, quantity: 1, unitMinor: 100, taxMinor: 0, totalMinor: 100 };
  return {
    verb: 'hold',
    bookingId: uuidV7(),
    reference: newReference(),
    clientId: null,
    note: null,
    currency: 'EUR',
    ttlSeconds: 600,
    approval: 'none',
    lines: needs.map((each, i) => ({ ...price, no: i + 1, ...each })),
    guards: new Map(),
    actor: 'test',
    ...given,
  };
}

export function on(verb: 'confirm' | 'expire', bookingId: Uuid): Command {
  return { verb, bookingId, ownedBy: null, actor: 'test' };
}

export function cancelling(bookingId: Uuid): Command {
  return { verb: 'cancel', bookingId, ownedBy: null, actor: 'test', reason: null, lineNos: null };
}

/** Waits until the database's clock has passed the booking's expiry. */
export async function untilExpired(fixture: Fixture, bookingId: Uuid): Promise<void> {
  const isOver = `select count(*) from engine.booking where id = '${bookingId}' and expires_at <= clock_timestamp()`;
  while ((await fixture.count(isOver)) === 0);
}
