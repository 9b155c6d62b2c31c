import { join } from 'node:path';
import { withReached } from '../src/cli/reach.ts';
import { readConfig } from '../src/config.ts';
import { sumBookings } from '../src/engine/booked-sums.ts';
import { createKey } from '../src/people/key.ts';
import { createTenant } from '../src/people/tenant.ts';
import { openDatabase, type Database } from '../src/platform/db.ts';
import type { Uuid } from '../src/platform/id.ts';
import { openLog } from '../src/platform/log.ts';
import { asOwner, migrate } from '../src/platform/migrate.ts';
import { onDatabase } from '../test/database.ts';
import { fill } from './fill.ts';
import type { Watched } from './generate.ts';
import { startServer, type RunningServer } from './server.ts';
import { postmasterOf, requireWhole, say, withDirectory } from './stage.ts';
import type { Place } from './traffic.ts';

/** A database of a certain size with a server of its own; beside it, on the same PostgreSQL, the other sizes. */
export interface Grown {
  readonly bookings: number;
  readonly url: string;
  /** The server process. */
  readonly pid: number;
  readonly servingUrl: string;
  readonly base: string;
  readonly key: string;
  readonly tenant: Uuid;
  readonly db: Database;
  readonly rooms: readonly Uuid[];
  readonly places: readonly Place[];
  /** Events of 20 000 numbered seats. */
  readonly halls: readonly Uuid[];
  readonly watched: Watched;
  /** Starts one more server on this database; whoever asks for it stops it. */
  another(settings: Readonly<Record<string, string>>): Promise<RunningServer>;
  /** Statistics as autovacuum would bring them: figures must not depend on the minute in which it does. */
  settle(): Promise<void>;
}

const ROOMS = 1_000;
const PLACES = 20_000;
const SLUG = 'bench';

/** Runs `work` with a filled database for each size, and lets the doctor examine each of them at the end. */
export async function onGrown<T>(
  sizes: readonly number[],
  work: (grown: readonly Grown[]) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  return withDirectory((directory) =>
    withReached({ ...readConfig(), dataDir: join(directory, 'data') }, async (reached) => {
      const { ownerUrl, servingUrl, servingLogin } = reached;
      const watched = await postmasterOf(ownerUrl);
      const grown: Grown[] = [];
      const endings: (() => Promise<void>)[] = [];
      try {
        for (const bookings of sizes) {
          const name = `growth_${bookings}`;
          const [owner, serving] = [onDatabase(ownerUrl, name), onDatabase(servingUrl, name)];
          await asOwner(ownerUrl, (client) => client.query(`create database ${name}`));
          await migrate(owner, servingLogin);
          const { end, ...one } = await grow(
            { DATABASE_URL: serving, DATABASE_DIRECT_URL: owner, ...settings },
            bookings,
            watched,
          );
          grown.push(one);
          endings.push(end);
        }
        return await work(grown);
      } finally {
        for (const end of endings) await end();
      }
    }),
  );
}

type Settings = Readonly<Record<'DATABASE_URL' | 'DATABASE_DIRECT_URL', string>>;

async function grow(settings: Settings, bookings: number, database: Watched) {
  const { DATABASE_URL: servingUrl, DATABASE_DIRECT_URL: ownerUrl } = settings;
  const db = openDatabase({ url: servingUrl, size: 1, named: true, log: openLog('warn') });
  const begun = performance.now();
  const tenant = (await createTenant(db, { slug: SLUG })).id;
  const key = await createKey(db, tenant, { role: 'admin', name: 'bench' });
  await fill(ownerUrl, tenant, { bookings, rooms: ROOMS, places: PLACES });
  while (await sumBookings(db, tenant)); // as a server does in its first minute
  say(`${bookings} bookings in ${((performance.now() - begun) / 1_000).toFixed(1)} s`);
  const server = await startServer(settings);
  return {
    ...{ bookings, tenant, key, db, url: server.url, pid: server.pid, servingUrl, base: `/api/v1/${SLUG}` },
    ...(await catalogue(ownerUrl, tenant)),
    watched: { server: { pid: server.pid }, ...database },
    another: (own: Readonly<Record<string, string>>) => startServer({ ...settings, ...own }),
    settle: async () => void (await asOwner(ownerUrl, (client) => client.query('vacuum (analyze)'))),
    end: async () => {
      await db.close();
      await server.stop();
      if (server.complaints() !== '') say(`The server said: ${server.complaints()}`);
      await requireWhole(ownerUrl);
    },
  };
}

/** What the filling made that can be booked. */
async function catalogue(ownerUrl: string, tenant: Uuid): Promise<Pick<Grown, 'rooms' | 'places' | 'halls'>> {
  return asOwner(ownerUrl, async (client) => {
    await client.query(`set holdfast.tenant = '${tenant}'`);
    const rooms = await client.query<{ id: Uuid }>('select id from rooms.room where tenant_id = $1', [
      tenant,
    ]);
    const places = await client.query<Place>(
      `select event_id as "eventId", id as "sectionId" from events.event_section
       where tenant_id = $1 and kind = 'standing'`,
      [tenant],
    );
    const halls = await client.query<{ id: Uuid }>(
      `select distinct event_id as id from events.event_section where tenant_id = $1 and kind = 'seated'`,
      [tenant],
    );
    const ids = (rows: readonly { id: Uuid }[]) => rows.map(({ id }) => id);
    return { rooms: ids(rooms.rows), places: places.rows, halls: ids(halls.rows) };
  });
}
