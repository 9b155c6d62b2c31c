import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClient } from '../src/cli/client.ts';
import { diagnose } from '../src/cli/doctor.ts';
import { inParallel } from '../src/cli/in-parallel.ts';
import { withReached } from '../src/cli/reach.ts';
import { readConfig } from '../src/config.ts';
import { createKey } from '../src/people/key.ts';
import { createTenant } from '../src/people/tenant.ts';
import { openDatabase } from '../src/platform/db.ts';
import { openLog } from '../src/platform/log.ts';
import { asOwner, migrate } from '../src/platform/migrate.ts';
import type { Watched } from './generate.ts';
import { startServer, type RunningServer } from './server.ts';
import type { Place } from './traffic.ts';

/** A server under test with a tenant full of rooms, and the limit server beside it. */
export interface Stage {
  readonly holdfast: { readonly url: string; readonly pid: number; readonly watched: Watched };
  /** The database's own processes, where they can be seen. */
  readonly database: Watched;
  readonly ownerUrl: string;
  /** For what goes with the stage. */
  readonly directory: string;
  readonly limit: { readonly url: string; readonly watched: Watched };
  readonly base: string;
  readonly key: string;
  readonly rooms: readonly string[];
  readonly places: readonly Place[];
  /** Starts one more server on the same database; whoever asks for it stops it. */
  another(): Promise<RunningServer>;
  /**
   * Gives the planner the statistics that autovacuum would bring within a minute or so: figures must not depend on
   * whether that minute ends before, during or after a run.
   */
  settle(): Promise<void>;
}

/** How much there is to book. */
interface Scenery {
  rooms?: number;
  places?: number;
  sectionsPerEvent?: number;
}

/** A temporary directory that PostgreSQL's own user can pass through when root runs the bench. */
export async function withDirectory<T>(work: (path: string) => Promise<T>): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    await chmod(path, 0o711);
    return await work(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** Prints what is going on; the figures alone go to standard output. */
export function say(line: string): void {
  console.error(line);
}

/**
 * Runs `work` on a fresh embedded database, or on DATABASE_URL where it is set, and lets the doctor examine it at the
 * end. Rejects when a promise was broken: such a run has no figures.
 */
export async function onStage<T>(
  { rooms: roomCount = 0, places: placeCount = 0, sectionsPerEvent = 100 }: Scenery,
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  return withDirectory(async (directory) => {
    const config = { ...readConfig(), dataDir: join(directory, 'data') };
    return withReached(config, async ({ ownerUrl, servingUrl, servingLogin }) => {
      await migrate(ownerUrl, servingLogin);
      const settings = {
        DATABASE_URL: servingUrl,
        DATABASE_DIRECT_URL: ownerUrl,
        HOLDFAST_SECRET: 'shared-by-all-servers-of-a-bench',
      };
      const server = await startServer(settings);
      const slug = `bench-${Date.now().toString(36)}`;
      const key = await makeTenant(servingUrl, slug);
      const limit = await startLimit(key);
      try {
        const rooms = await makeRooms(server.url, slug, key, roomCount);
        const places = await makePlaces(server.url, slug, key, placeCount, sectionsPerEvent);
        const database = await postmasterOf(ownerUrl);
        return await work({
          holdfast: {
            url: server.url,
            pid: server.pid,
            watched: { server: { pid: server.pid }, ...database },
          },
          ...{ database, ownerUrl, directory },
          limit: { url: limit.url, watched: { server: { pid: limit.pid } } },
          base: `/api/v1/${slug}`,
          key,
          rooms,
          places,
          another: () => startServer(settings),
          settle: async () => void (await asOwner(ownerUrl, (client) => client.query('vacuum (analyze)'))),
        });
      } finally {
        limit.stop();
        await server.stop();
        const complaints = server.complaints();
        if (complaints !== '') say(`The server said: ${complaints}`);
        await requireWhole(ownerUrl);
      }
    });
  });
}

/** Examines every promise on the database; throws when one is broken. */
export async function requireWhole(ownerUrl: string): Promise<void> {
  const lines: string[] = [];
  if (await diagnose(ownerUrl, (line) => lines.push(line))) return;
  throw new Error(`the run broke a promise, so it has no figures:\n${lines.join('\n')}`);
}

export async function makeTenant(servingUrl: string, slug: string): Promise<string> {
  const db = openDatabase({ url: servingUrl, size: 1, named: true, log: openLog('warn') });
  try {
    const tenant = await createTenant(db, { slug });
    return await createKey(db, tenant.id, { role: 'admin', name: 'bench' });
  } finally {
    await db.close();
  }
}

async function makeRooms(url: string, tenant: string, key: string, count: number): Promise<string[]> {
  const { call, close } = openClient({ url, tenant, key, connections: 16 });
  const ids: string[] = [];
  await inParallel([...Array(count).keys()], 16, async (n) => {
    const room = { name: `Room ${n}`, building: `Building ${n % 20}`, capacity: 10 + (n % 90) };
    const answer = await call('POST', '/rooms', room);
    if (answer.status !== 201) throw new Error(`no room: ${answer.status} ${JSON.stringify(answer.body)}`);
    ids[n] = (answer.body as { id: string }).id;
  });
  close();
  return ids;
}

/** Standing sections with room for everybody, `each` to an event. */
async function makePlaces(
  url: string,
  tenant: string,
  key: string,
  count: number,
  each: number,
): Promise<Place[]> {
  const { call, close } = openClient({ url, tenant, key, connections: 4 });
  const ask = async (path: string, body: object) => {
    const answer = await call('POST', path, body);
    if (answer.status >= 300) throw new Error(`no places: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as { id: string };
  };
  const places: Place[] = [];
  const startsAt = new Date(Date.now() + 90 * 86_400_000).toISOString();
  await inParallel([...Array(Math.ceil(count / each)).keys()], 4, async (n) => {
    const names = Array.from({ length: Math.min(each, count - n * each) }, (_, i) => `Section ${i}`);
    const sections = names.map((name) => ({ name, kind: 'standing', capacity: 1_000_000 }));
    const venue = await ask('/venues', { name: `Venue ${n}`, sections });
    const prices = names.map((section) => ({ section, amountMinor: 2_500 }));
    const { id: eventId } = await ask('/events', { name: `Event ${n}`, venueId: venue.id, startsAt, prices });
    await ask(`/events/${eventId}/publish`, {});
    const inventory = await call('GET', `/events/${eventId}/inventory`);
    const { sections: sold } = inventory.body as { sections: { id: string }[] };
    places.push(...sold.map(({ id: sectionId }) => ({ eventId, sectionId })));
  });
  close();
  return places;
}

async function startLimit(key: string): Promise<{ url: string; pid: number; stop(): void }> {
  const child = fork(new URL('limit.ts', import.meta.url));
  child.send(key);
  const [url] = (await once(child, 'message')) as [string];
  return { url, pid: child.pid ?? NaN, stop: () => child.disconnect() };
}

/** The database's own processes, when it runs on this machine. */
export async function postmasterOf(ownerUrl: string): Promise<Watched> {
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(new URL(ownerUrl).hostname)) return {};
  const backend = await asOwner(ownerUrl, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const stat = await readFile(`/proc/${rows[0]?.pid}/stat`, 'utf8').catch(() => '');
    return /\) \S (\d+) /.exec(stat)?.[1];
  });
  return backend === undefined ? {} : { database: { pid: Number(backend), family: true } };
}
