import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { createKey } from '../../src/people/key.ts';
import { createTenant } from '../../src/people/tenant.ts';
import { asOwner } from '../../src/platform/migrate.ts';
import { freshDatabase, type FreshDatabase } from '../database.ts';
import { runProgram, type Program } from '../program.ts';
import { ACTORS } from './actors.ts';
import type { Change, History, Op } from './history.ts';

const SLUG = 'model';
const SERVERS = 2;
const LOOK_MS = 10;
const STANDING = { Floor: 6, Balcony: 4 };
const SEATS = 3;

/** Two real server processes on a database of their own, and the few things that everybody wants. */
export interface Stage {
  urls: string[];
  /** A key for each actor, so that the changes name them. */
  keys: { secret: string; principal: string }[];
  rooms: string[];
  eventId: string;
  standing: string[];
  stalls: string;
  seats: string[];
  /** The control: resolves when both servers have read what the actors begin with, and only then lets them write. */
  loseRace(): Promise<void>;
  /** Everything the database has to say about what the actors did. */
  history(ops: readonly Op[]): Promise<History>;
  close(): Promise<void>;
}

/** `unguarded` takes locks and constraint out: the control. */
export async function openStage({ unguarded = false } = {}): Promise<Stage> {
  const database = await freshDatabase();
  if (unguarded)
    await asOwner(database.ownerUrl, (client) =>
      client.query('alter table engine.interval_claim drop constraint interval_never_shared'),
    );
  const tenant = await createTenant(database.db, { slug: SLUG });
  const keys = await Promise.all(
    Array.from({ length: ACTORS }, (_, i) =>
      createKey(database.db, tenant.id, { role: 'admin', name: `actor ${i}` }),
    ),
  );
  const servers = Array.from({ length: SERVERS }, () => serve(database, unguarded));
  const urls = (await Promise.all(servers.map((server) => server.says(/serves on (http:\S+)/)))).map(
    ([, url]) => `${url}/api/v1/${SLUG}`,
  );
  const things = await furnish(urls[0] ?? '', keys[0] ?? '');
  const race = unguarded ? await openRace(database.ownerUrl) : undefined;
  return {
    ...things,
    urls,
    keys: keys.map((secret) => ({ secret, principal: principalOf(secret) })),
    loseRace: async () => race?.lose(),
    history: async (ops) => ({ ops, ...(await recorded(database, tenant.id)) }),
    close: async () => {
      await race?.close();
      for (const server of servers) server.kill('SIGTERM');
      await Promise.all(servers.map((server) => server.ended));
      await database.close();
    },
  };
}

function serve({ servingUrl, ownerUrl }: FreshDatabase, unguarded: boolean): Program {
  const env = {
    DATABASE_URL: servingUrl,
    DATABASE_DIRECT_URL: ownerUrl,
    PORT: '0',
    SWEEPER: 'off',
    LOG_LEVEL: 'silent',
    ...(unguarded && { HOLDFAST_TEST_UNSAFE: 'no-guard' }),
  };
  return runProgram(['start'], { env });
}

/**
 * Holds back whoever writes a claim until both servers wait there with a batch each, which has read by then: however slow
 * the machine is, the race is lost.
 */
async function openRace(ownerUrl: string): Promise<{ lose(): Promise<void>; close(): Promise<void> }> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query('set role none; begin; lock table engine.interval_claim in share mode');
  const waiting = async (): Promise<number> => {
    const { rowCount } = await client.query(
      `select from pg_locks where relation = 'engine.interval_claim'::regclass and not granted`,
    );
    return rowCount ?? 0;
  };
  return {
    lose: async () => {
      while ((await waiting()) < SERVERS) await wait(LOOK_MS);
      await client.query('commit');
    },
    close: () => client.end(),
  };
}

function principalOf(secret: string): string {
  const [, hex = ''] = secret.split('_');
  return `key:${hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')}`;
}

/** Three rooms, and an event with two standing sections and three seats. */
async function furnish(url: string, key: string) {
  const call = async (method: string, path: string, body?: unknown) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const answer = await fetch(url + path, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown> & { id: string };
  };
  const rooms: string[] = [];
  for (const name of ['Oak', 'Elm', 'Ash'])
    rooms.push((await call('POST', '/rooms', { name, building: 'B', capacity: 1 })).id);
  const standing = Object.entries(STANDING).map(([name, capacity]) => ({ name, kind: 'standing', capacity }));
  const stalls = { name: 'Stalls', kind: 'seated', rows: [{ name: 'A', seats: SEATS }] };
  const sections = [...standing, stalls];
  const venue = await call('POST', '/venues', { name: 'Hall', sections });
  const event = await call('POST', '/events', {
    name: 'Concert',
    venueId: venue.id,
    startsAt: '2031-05-06T18:00:00Z',
    prices: sections.map(({ name }) => ({ section: name, amountMinor: 1_000 })),
  });
  await call('POST', `/events/${event.id}/publish`, {});
  const inventory = await call('GET', `/events/${event.id}/inventory?seats=true`);
  const ids = new Map(
    (inventory['sections'] as { name: string; id: string }[]).map(({ name, id }) => [name, id]),
  );
  return {
    rooms,
    eventId: event.id,
    standing: Object.keys(STANDING).map((name) => ids.get(name) ?? ''),
    stalls: ids.get('Stalls') ?? '',
    seats: (inventory['seats'] as { id: string }[]).map((seat) => seat.id),
  };
}

async function recorded({ ownerUrl }: FreshDatabase, tenant: string): Promise<Omit<History, 'ops'>> {
  return asOwner(ownerUrl, async (client) => {
    await client.query(`set holdfast.tenant = '${tenant}'`);
    const changes = await client.query<Change>(
      `select c.type, c.booking_id as "bookingId", c.actor, floor(extract(epoch from c.at) * 1000)::float8 as at,
          b.note as asked
        from engine.change c join engine.booking b on b.tenant_id = c.tenant_id and b.id = c.booking_id order by c.seq`,
    );
    const stock = await client.query<{ resource: string; capacity: number }>(
      'select resource_id as resource, capacity from engine.stock',
    );
    return {
      changes: changes.rows,
      capacities: new Map(stock.rows.map(({ resource, capacity }) => [resource, capacity])),
    };
  });
}
