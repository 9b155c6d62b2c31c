import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Database } from '../platform/db.ts';
import { unavailable } from '../platform/errors.ts';
import type { Log } from '../platform/log.ts';
import { missingMigrations } from '../platform/migrate.ts';

/** A balancer that asks whether we are ready wants an answer, not patience. */
const WAIT_MS = 1_000;
const Status = Type.Object({ status: Type.Literal('ok') });

/** `/health/live`: this process answers. `/health/ready`: it can also serve, with the database's schema in place. */
export function healthRoutes(app: FastifyInstance, db: Database, log: Log): void {
  const ready = oneAtATime(() => problemWith(db, log));

  app.get(
    '/health/live',
    {
      schema: {
        tags: ['Health'],
        summary: 'Does this process answer?',
        operationId: 'live',
        response: { 200: Status },
      },
    },
    async () => ({ status: 'ok' }),
  );

  app.get(
    '/health/ready',
    {
      schema: {
        tags: ['Health'],
        summary: 'Can this process serve requests?',
        operationId: 'ready',
        response: { 200: Status },
      },
    },
    async () => {
      const problem = await ready();
      if (problem !== undefined) throw unavailable(problem, 2);
      return { status: 'ok' };
    },
  );
}

async function problemWith(db: Database, log: Log): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, WAIT_MS, 'The database did not answer in time.');
  });
  const look = missingMigrations(db).then(
    (missing) =>
      missing.length === 0 ? undefined : 'The database lacks migrations. Run "holdfast migrate".',
    (error: unknown) => {
      log.warn({ err: error }, 'not ready: the database cannot be reached');
      return 'The database cannot be reached.';
    },
  );
  try {
    return await Promise.race([look, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** However many ask at once, one look is under way: nobody needs a key to ask. */
function oneAtATime<T>(look: () => Promise<T>): () => Promise<T> {
  let under: Promise<T> | undefined;
  return () => (under ??= look().finally(() => (under = undefined)));
}
