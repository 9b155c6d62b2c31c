import { fill } from '../bench/fill.ts';
import { memory } from '../bench/measure.ts';
import { startServer } from '../bench/server.ts';
import { createKey } from '../src/people/key.ts';
import { createTenant } from '../src/people/tenant.ts';
import { withTestCluster } from './cluster.ts';
import { freshDatabase } from './database.ts';

export const MOST_GROWTH_MB = 67; // 64 MiB
const LONG_BOOKINGS = 1_000_000;
/** Exports of a tenth of the bookings each, before the one that is looked at. */
const WARM_UPS = 6;

export interface ExportMemory {
  rows: number;
  /** From before the export to the highest while it was written; undefined where there is no /proc. */
  growthMb: number | undefined;
}

/** Exports that many bookings from a server in a process of its own, and looks at what that took of its memory. */
export async function measureExport(bookings: number): Promise<ExportMemory> {
  const database = await freshDatabase();
  try {
    const tenant = await createTenant(database.db, { slug: 'exported' });
    const key = await createKey(database.db, tenant.id, { role: 'staff', name: 'tests' });
    await fill(database.ownerUrl, tenant.id, { bookings, rooms: 100, places: 100 });
    const settings = { DATABASE_URL: database.servingUrl, DATABASE_DIRECT_URL: database.ownerUrl };
    const server = await startServer({ ...settings, SWEEPER: 'off' });
    try {
      const take = (query = '') => rowsOf(`${server.url}/api/v1/exported/bookings/export${query}`, key);
      // What is loaded, compiled and kept free for the next turn is there once, and not for each row.
      for (let n = 0; n < WARM_UPS; n++) await take('?state=completed');
      const before = await memory(server.pid);
      const rows = await take();
      const after = await memory(server.pid);
      return { rows, growthMb: after && before && after.peakMb - before.rssMb };
    } finally {
      await server.stop();
    }
  } finally {
    await database.close();
  }
}

/** How many rows a file says at its end that it has; nothing else of it is kept. */
async function rowsOf(url: string, key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}`, 'accept-encoding': 'identity' };
  const { body } = await fetch(url, { headers });
  if (body === null) throw new Error('there is no file');
  let end = '';
  const decoder = new TextDecoder();
  for await (const bytes of body) end = (end + decoder.decode(bytes, { stream: true })).slice(-LAST_LINE);
  return Number(/# rows=(\d+) sha256=\w+\r\n$/.exec(end)?.[1] ?? NaN);
}

const LAST_LINE = 200;

/** `npm run test:long -- export`. */
export async function longExport(say: (line: string) => void): Promise<boolean> {
  const { rows, growthMb = 0 } = await withTestCluster(() => measureExport(LONG_BOOKINGS));
  say(`${rows} of ${LONG_BOOKINGS} rows exported; the server grew by ${growthMb.toFixed(1)} MB`);
  return rows === LONG_BOOKINGS && growthMb < MOST_GROWTH_MB;
}
