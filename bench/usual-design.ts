import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { asOwner } from '../src/platform/migrate.ts';
import { onDatabase } from '../test/database.ts';
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
  /** As a stage's: statistics as autovacuum would bring them. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

interface Ground {
  /** Of the cluster on which it gets a database. */
  ownerUrl: string;
  /** What it is installed into. */
  directory: string;
}

const DATABASE = 'usual_design';
const EVENTS = 20;
const SECTIONS_EACH = 5;

/**
 * Installs, seeds and starts what lies in `folder` (`baseline.sh install`, `seed` and `start forupdate`), and puts as many
 * events into it as Holdfast has on stage. It is ours, written for this purpose.
 */
export async function startUsualDesign(folder: string, ground: Ground): Promise<UsualDesign> {
  const { ownerUrl } = ground;
  const drop = () =>
    asOwner(ownerUrl, (client) => client.query(`drop database if exists ${DATABASE} with (force)`));
  await drop();
  await asOwner(ownerUrl, (client) => client.query(`create database ${DATABASE}`));
  const redis = await startRedis();
  const endings = [drop, () => redis.close()];
  const stop = async () => {
    for (const end of endings.toReversed()) await end();
  };
  try {
    const url = onDatabase(ownerUrl, DATABASE);
    const port = await freePort();
    const run = runner(join(folder, 'baseline.sh'), {
      BASELINE_DIR: join(ground.directory, 'usual-design'),
      DATABASE_URL: url,
      REDIS_URL: redis.url,
      PORT: String(port),
    });
    for (const step of ['install', 'seed']) {
      const [code] = await run(step).exited;
      if (code !== 0) throw new Error(`baseline.sh ${step} ended with ${code}`);
    }
    const places = await fillEvents(url);
    const { child, exited } = run('start', 'forupdate');
    endings.push(async () => {
      child.kill('SIGTERM');
      await exited;
    });
    const listens = once(child.stdout, 'data').then(() => true); // its one line says so
    if (!(await Promise.race([listens, exited.then(() => false)])))
      throw new Error('the usual design did not start');
    const settle = async () => void (await asOwner(url, (client) => client.query('vacuum (analyze)')));
    const base = `http://127.0.0.1:${port}`;
    return { url: base, pid: child.pid ?? NaN, key: await logIn(base), places, settle, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function runner(script: string, settings: Readonly<Record<string, string>>) {
  return (...words: string[]) => {
    const env = { ...process.env, ...settings };
    const child = spawn(script, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.resume();
    return { child, exited: once(child, 'exit') as Promise<[number | null]> };
  };
}

async function logIn(base: string): Promise<string> {
  const answer = await fetch(`${base}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"email":"bench@example.org"}',
  });
  if (!answer.ok) throw new Error(`nobody can log in to the usual design: ${answer.status}`);
  return ((await answer.json()) as { token: string }).token;
}

/** The seeded events go: lists must be of one length on both sides. */
async function fillEvents(url: string): Promise<Place[]> {
  const places = Array.from({ length: EVENTS * SECTIONS_EACH }, (_, n) => ({
    eventId: `event-${Math.floor(n / SECTIONS_EACH)}`,
    sectionId: `section-${n}`,
  }));
  await asOwner(url, async (client) => {
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
