import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { asOwner } from '../src/platform/migrate.ts';
import { freePort } from '../test/program.ts';
import { startRedis } from '../test/redis.ts';
import type { Place } from './traffic.ts';

/** A server of the field's usual design, with its own database and Redis. */
export interface UsualDesign {
  readonly url: string;
  readonly pid: number;
  /** What its callers send as `Bearer`. */
  readonly key: string;
  readonly places: readonly Place[];
  stop(): Promise<void>;
}

const EVENTS = 20;
const SECTIONS_EACH = 5;

/**
 * Installs, seeds and starts what lies in `folder` (`baseline.sh install`, `seed` and `start forupdate`) on an empty database
 * of `ownerUrl`'s, and puts as many events into it as Holdfast has on stage. It is ours, written for this purpose.
 */
export async function startUsualDesign(
  folder: string,
  { ownerUrl, directory }: { ownerUrl: string; directory: string },
): Promise<UsualDesign> {
  const url = new URL(ownerUrl);
  url.pathname = '/usual_design';
  await asOwner(ownerUrl, (client) => client.query('create database usual_design'));
  const redis = await startRedis();
  const port = await freePort();
  const script = join(folder, 'baseline.sh');
  const env = {
    ...process.env,
    BASELINE_DIR: join(directory, 'usual-design'),
    DATABASE_URL: url.href,
    REDIS_URL: redis.url,
    PORT: String(port),
  };
  const run = (...words: string[]) => spawn(script, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for (const step of ['install', 'seed']) {
    const child = run(step);
    child.stdout.resume();
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`${script} ${step} ended with ${code}`);
  }
  const places = await fillEvents(url.href);
  const server = run('start', 'forupdate');
  await once(server.stdout, 'data'); // its one line says that it listens
  const login = await fetch(`http://127.0.0.1:${port}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"email":"bench@example.org"}',
  });
  const { token } = (await login.json()) as { token: string };
  return {
    url: `http://127.0.0.1:${port}`,
    pid: server.pid ?? NaN,
    key: token,
    places,
    stop: async () => {
      server.kill('SIGTERM');
      await once(server, 'exit');
      await redis.close();
    },
  };
}

/** The seeded events go: lists must be of one length on both sides. */
async function fillEvents(ownerUrl: string): Promise<Place[]> {
  const places = Array.from({ length: EVENTS * SECTIONS_EACH }, (_, n) => ({
    eventId: `event-${Math.floor(n / SECTIONS_EACH)}`,
    sectionId: `section-${n}`,
  }));
  await asOwner(ownerUrl, async (client) => {
    await client.query('truncate events, sections, seats cascade');
    await client.query(
      `insert into events (id, title, description, venue, starts_at)
       select 'event-' || n, 'Event ' || n, '', 'Venue', now() + interval '90 days' from generate_series(0, $1 - 1) n`,
      [EVENTS],
    );
    await client.query(
      `insert into sections
       select s, e, s, 25, 1000000, 1000000 from unnest($1::text[], $2::text[]) p (e, s)`,
      [places.map(({ eventId }) => eventId), places.map(({ sectionId }) => sectionId)],
    );
    await client.query('analyze');
  });
  return places;
}
