import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';

/**
 * Keeps long reading in the background from being felt. Alone on the database it goes at full speed; while others write,
 * it rests RESTS times as long as it worked.
 */
export interface Pace {
  /** To be called after each piece of work with the milliseconds that it took. */
  rest(workedMs: number): Promise<void>;
}

/**
 * Rows written per second from which on the database counts as busy. Rows and not commits: a batch of 256 holds is one
 * commit, and our own looks commit too, but write nothing.
 */
const BUSY = 100;
const RESTS = 9;
/** How often we look around; sessions report what they wrote once a second. */
const LOOK_EVERY_MS = 1_000;
const SHORTEST_REST_MS = 10;

export async function openPace(client: pg.Client): Promise<Pace> {
  let owed = 0;
  let isBusy = false;
  let seenAt = performance.now();
  let seen = await rowsWritten(client);

  async function lookAround(): Promise<void> {
    const now = await rowsWritten(client);
    isBusy = (now - seen) / ((performance.now() - seenAt) / 1_000) > BUSY;
    [seen, seenAt] = [now, performance.now()];
  }

  return {
    rest: async (workedMs) => {
      if (performance.now() - seenAt >= LOOK_EVERY_MS) await lookAround();
      if (!isBusy) return;
      owed += workedMs * RESTS;
      if (owed < SHORTEST_REST_MS) return;
      await wait(owed);
      owed = 0;
    },
  };
}

async function rowsWritten(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ written: number }>(
    `select (tup_inserted + tup_updated + tup_deleted)::float8 as written
     from pg_stat_database where datname = current_database()`,
  );
  return rows[0]?.written ?? 0;
}
