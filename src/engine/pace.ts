import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';

/**
 * Keeps long work in the background from being felt. Alone on the database it runs at full speed; while others commit,
 * it rests RESTS times as long as it worked.
 */
export interface Pace {
  /** To be called after each piece of work with the milliseconds that it took. */
  rest(workedMs: number): Promise<void>;
}

/** Commits of others per second from which on the database counts as busy. */
const BUSY = 20;
const RESTS = 4;
/** How often we look; sessions report their commits once a second. */
const LOOK_EVERY_MS = 1_000;
const SHORTEST_REST_MS = 10;

/** `ownCommits` says how many of the database's commits are our own. */
export async function openPace(client: pg.Client, ownCommits: () => number): Promise<Pace> {
  let owed = 0;
  let isBusy = false;
  let seenAt = performance.now();
  let seen = await othersCommits();

  async function lookAround(): Promise<void> {
    const seconds = (performance.now() - seenAt) / 1_000;
    const now = await othersCommits();
    isBusy = (now - seen) / seconds > BUSY;
    [seen, seenAt] = [now, performance.now()];
  }

  async function othersCommits(): Promise<number> {
    await client.query('select pg_stat_force_next_flush()'); // or our own commits are told late, and look like others'
    const { rows } = await client.query<{ commits: number }>(
      `select xact_commit::float8 as commits from pg_stat_database where datname = current_database()`,
    );
    return (rows[0]?.commits ?? 0) - ownCommits();
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
