import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fill } from '../bench/fill.ts';
import { memory } from '../bench/measure.ts';
import { startServer } from '../bench/server.ts';
import { createKey } from '../src/people/key.ts';
import { createTenant } from '../src/people/tenant.ts';
import type { Uuid } from '../src/platform/id.ts';
import { asOwner } from '../src/platform/migrate.ts';
import { withTestCluster } from './cluster.ts';
import { freshDatabase } from './database.ts';
import { wholeFile } from './exported.ts';

export const MOST_GROWTH_MB = 67; // 64 MiB
const LONG = 1_000_000;
/** Smaller exports before the one that is looked at. */
const WARM_UPS = 10;

export interface ExportMemory {
  rows: number;
  /** From before the export to the highest while it was written; undefined where there is no /proc. */
  growthMb: number | undefined;
}

export interface Company {
  /** What to export, and a smaller file of the same kind. */
  bookings: File;
  attendees: File;
  settings: Readonly<Record<string, string>>;
  key: string;
}
interface File {
  path: string;
  smaller: string;
}

/** A company with so many bookings, and an event at which there are at least so many attendees. */
export async function withCompany<T>(
  { bookings, attendees }: { bookings: number; attendees: number },
  work: (company: Company) => Promise<T>,
): Promise<T> {
  const database = await freshDatabase();
  try {
    const { id } = await createTenant(database.db, { slug: 'exported' });
    const key = await createKey(database.db, id, { role: 'staff', name: 'tests' });
    await fill(database.ownerUrl, id, { bookings, rooms: 100, places: 200 });
    const [large, small] = await eventsOf(database.ownerUrl, id, attendees);
    const path = (of: string) => `/api/v1/exported/${of}`;
    return await work({
      bookings: { path: path('bookings/export'), smaller: path('bookings/export?state=completed') },
      attendees: {
        path: path(`events/${large}/attendees/export`),
        smaller: path(`events/${small}/attendees/export`),
      },
      settings: {
        DATABASE_URL: database.servingUrl,
        DATABASE_DIRECT_URL: database.ownerUrl,
        SWEEPER: 'off',
      },
      key,
    });
  } finally {
    await database.close();
  }
}

/** Two events where people stand, whose orders are made so large that the first has so many attendees, and the other a tenth. */
async function eventsOf(ownerUrl: string, tenant: Uuid, attendees: number): Promise<[string, string]> {
  return asOwner(ownerUrl, async (client) => {
    await client.query(`set holdfast.tenant = '${tenant}'`);
    const { rows } = await client.query<{ id: string; places: number }>(
      `select x.event_id as id, sum(c.units)::int as places
       from events.event_section x join engine.stock_claim c on c.resource_id = x.id
       where x.kind = 'standing' and c.expires_at is null group by x.event_id order by x.event_id`,
    );
    const [large, small] = rows;
    if (large === undefined || small === undefined) throw new Error('there are not two such events');
    for (const [{ id, places }, wanted] of [[large, attendees] as const, [small, attendees / 10] as const]) {
      const factor = Math.max(1, Math.ceil(wanted / places));
      const values = [id, factor];
      await client.query(
        `update engine.stock_claim set units = units * $2::int
         where resource_id in (select x.id from events.event_section x where x.event_id = $1::uuid)`,
        values,
      );
      await client.query(
        `update engine.booking_line set quantity = quantity * $2::int, total_minor = total_minor * $2::int
         where details ->> 'eventId' = $1::text`,
        values,
      );
    }
    await client.query('vacuum (analyze) engine.stock_claim, engine.booking_line');
    return [large.id, small.id];
  });
}

/**
 * Exports a file from a server in a process of its own, reads it to its end and looks at what that took of the memory of the
 * server, or of whoever `through` starts between. Throws when the file is not what its last line says.
 */
export async function measureExport(
  { settings, key }: Company,
  { path, smaller }: File,
  through?: (url: string) => Promise<Pick<Awaited<ReturnType<typeof startServer>>, 'pid' | 'url' | 'stop'>>,
): Promise<ExportMemory> {
  const server = await startServer(settings);
  const between = await through?.(server.url);
  const looked = between ?? server;
  try {
    const take = async (of: string) => wholeFile(await fileAt(`${looked.url}${of}`, key));
    // What is loaded, compiled and kept free for the next turn is there once, and not for each row.
    for (let n = 0; n < WARM_UPS; n++) await take(smaller);
    const before = await memory(looked.pid);
    const rows = await take(path);
    const after = await memory(looked.pid);
    return { rows, growthMb: after && before && after.peakMb - before.rssMb };
  } finally {
    await between?.stop();
    await server.stop();
  }
}

async function fileAt(url: string, key: string): Promise<AsyncIterable<Uint8Array>> {
  const headers = { authorization: `Bearer ${key}`, 'accept-encoding': 'identity' };
  const { body, status } = await fetch(url, { headers });
  if (body === null || status !== 200) throw new Error(`there is no file: ${status}`);
  return body;
}

const HOARDER = fileURLToPath(new URL('hoarder.ts', import.meta.url));

/** The control: somebody who hands a file on when he has all of it. */
export async function startHoarder(target: string) {
  const child = spawn(process.execPath, [HOARDER, target], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const exited = once(child, 'exit');
  return {
    pid: child.pid ?? NaN,
    url: url.trim(),
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}

/** `npm run test:long -- export`. */
export async function longExport(say: (line: string) => void): Promise<boolean> {
  return withTestCluster(() =>
    withCompany({ bookings: LONG, attendees: LONG }, async (company) => {
      let isContent = true;
      for (const what of ['bookings', 'attendees'] as const) {
        const begun = performance.now();
        const { rows, growthMb = 0 } = await measureExport(company, company[what]);
        const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
        say(
          `${what}: ${rows} rows, as they say and add up; the server grew by ${growthMb.toFixed(1)} MB; ${seconds} s`,
        );
        isContent &&= rows >= LONG && growthMb < MOST_GROWTH_MB;
      }
      return isContent;
    }),
  );
}
