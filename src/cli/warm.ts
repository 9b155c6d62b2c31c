import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { ENCODINGS } from '../http/ready-bytes.ts';
import type { Database } from '../platform/db.ts';
import type { Log } from '../platform/log.ts';
import { statement } from '../platform/statement.ts';

/** What a start may wait for this at most; whatever is not ready then is made when somebody asks for it. */
const MOST_MS = 500;
/** Companies whose answers are made; with their lists and the entries of a first page, some two thousand answers. */
const MOST_TENANTS = 20;

/**
 * The companies that were booked from last. Rides booking's primary key once for each company, whose ids are in order of
 * time: a hundred milliseconds for ten thousand.
 */
const bookedLast = statement('worker.bookedLast', {
  params: ['int8'],
  columns: { slug: 'text' },
  text: `select s.slug from people.tenant_slug s
    cross join lateral (
      select b.id from engine.booking b where b.tenant_id = s.tenant_id order by b.id desc limit 1) newest
    order by newest.id desc limit $1`,
});

/**
 * Makes the catalogue's lists and their entries, as anybody gets them, for the companies that were booked from last, so that
 * who comes first after a start does not wait for them. They come from Redis where another server has them there. Failing
 * is harmless; returns how many answers were made in time.
 */
export async function warmUp(
  { app, db, log }: { app: FastifyInstance; db: Database; log: Log },
  mostMs = MOST_MS,
): Promise<number> {
  const made = { answers: 0, isOver: false };
  const making = makeAnswers(app, db, made).catch((error: unknown) =>
    log.warn({ err: error }, 'answers could not be made beforehand; they are made when somebody asks'),
  );
  const late = new AbortController();
  await Promise.race([making, wait(mostMs, undefined, { signal: late.signal }).catch(() => undefined)]);
  late.abort();
  made.isOver = true;
  return made.answers;
}

async function makeAnswers(
  app: FastifyInstance,
  db: Database,
  made: { answers: number; isOver: boolean },
): Promise<void> {
  const ask = async (url: string): Promise<string> => {
    let plain = '';
    for (const encoding of ['identity', ...ENCODINGS]) {
      if (made.isOver) return plain;
      const { payload, statusCode } = await app.inject({ url, headers: { 'accept-encoding': encoding } });
      if (statusCode !== 200) return '';
      if (encoding === 'identity') plain = payload;
      made.answers += 1;
    }
    return plain;
  };
  const routes = new Set(app.standingRoutes);
  if (routes.size === 0) return; // CACHE=off
  for (const { slug } of await db.asWorker((reads) => reads.run(bookedLast, MOST_TENANTS)))
    for (const route of routes) {
      if (route.includes('/:id')) continue;
      const list = await ask(route.replace(':tenant', slug));
      if (!routes.has(`${route}/:id`)) continue;
      for (const id of idsIn(list)) await ask(`${route.replace(':tenant', slug)}/${id}`);
    }
}

function idsIn(list: string): string[] {
  if (list === '') return [];
  return (JSON.parse(list) as { data: { id: string }[] }).data.map(({ id }) => id);
}
