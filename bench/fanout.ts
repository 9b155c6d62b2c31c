import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { percentile } from '../src/cli/percentile.ts';
import { withReached } from '../src/cli/reach.ts';
import { readConfig } from '../src/config.ts';
import { migrate } from '../src/platform/migrate.ts';
import { rounded } from './measure.ts';
import type { BenchOptions, BenchResult } from './result.ts';
import { startServer } from './server.ts';
import { makeTenant, requireWhole, say, withDirectory } from './stage.ts';

const GOAL_MS = 50;
const ROUNDS = { quick: 200, full: 1_000 };
const LOOK_EVERY_MS = 1;
/** Between rounds, longer than wake-ups are gathered: each write is told by its own. */
const PAUSE_MS = 15;

/**
 * Two servers on one database: one changes a room, the other keeps it. For how long after the change was acknowledged does
 * the other still show what was before? And does the first ever?
 */
export async function fanout({ quick }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? ROUNDS.quick : ROUNDS.full;
  const { staleMs, ownStale } = await withDirectory((directory) =>
    withReached(
      { ...readConfig(), dataDir: join(directory, 'data') },
      async ({ ownerUrl, servingUrl, servingLogin }) => {
        await migrate(ownerUrl, servingLogin);
        const settings = { DATABASE_URL: servingUrl, DATABASE_DIRECT_URL: ownerUrl };
        const servers = [await startServer(settings), await startServer(settings)] as const;
        try {
          const key = await makeTenant(servingUrl, 'bench');
          const [here, there] = servers.map(({ url }) => `${url}/api/v1/bench`);
          return await rally({ here: here ?? '', there: there ?? '', key }, (round) => round < rounds);
        } finally {
          await Promise.all(servers.map((server) => server.stop()));
          await requireWhole(ownerUrl);
        }
      },
    ),
  );
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => rounded(percentile(staleMs, q)));
  say(`stale for p50 ${p50} p95 ${p95} p99 ${p99} ms, at most ${rounded(Math.max(...staleMs))} ms`);
  return {
    bench: 'fanout',
    ratio: rounded((p99 ?? NaN) / GOAL_MS),
    unit: 'of 50 ms that the other server may be stale (p99)',
    ok: ownStale === 0,
    goal: 1,
    rounds,
    staleMs: { p50, p95, p99, most: rounded(Math.max(...staleMs)) },
    ownStale,
  };
}

/** Changes a room here again and again, and waits each time until it is seen there. `here` and `there` are a tenant's API. */
export async function rally(
  { here, there, key }: { here: string; there: string; key: string },
  goesOn: (round: number) => boolean,
): Promise<{ staleMs: number[]; ownStale: number }> {
  const own = roomsOf(here, key);
  const other = roomsOf(there, key);
  const { id } = await own('POST', '', { body: { name: randomUUID(), building: 'Building', capacity: 1 } });
  const staleMs: number[] = [];
  let ownStale = 0;
  for (let version = 1; goesOn(version - 1); version++) {
    while ((await other('GET', `/${id}`)).version !== version);
    await wait(PAUSE_MS);
    await own('PATCH', `/${id}`, { body: { capacity: version + 1 }, version });
    const begun = performance.now();
    if ((await own('GET', `/${id}`)).version !== version + 1) ownStale += 1;
    while ((await other('GET', `/${id}`)).version !== version + 1) await wait(LOOK_EVERY_MS);
    staleMs.push(performance.now() - begun);
  }
  return { staleMs, ownStale };
}

function roomsOf(base: string, key: string) {
  return async (
    method: string,
    path: string,
    { body, version }: { body?: object; version?: number } = {},
  ) => {
    const answer = await fetch(`${base}/rooms${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'if-match': `"${version}"`,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as { id: string; version: number };
  };
}
