import { percentile } from '../src/cli/percentile.ts';
import { described, summary } from './beside-limit.ts';
import { rally } from './fanout.ts';
import { generate } from './generate.ts';
import { median, memory, rounded } from './measure.ts';
import type { BenchOptions, BenchResult } from './result.ts';
import { onStage, say } from './stage.ts';

const ROOMS = 50;
const PLACES = 100;
const CONNECTIONS = 150;
const LENGTHS = {
  quick: { runs: 2, warmUpSeconds: 2, seconds: 8 },
  full: { runs: 5, warmUpSeconds: 3, seconds: 20 },
};
const GOALS = { p95: 50, p99: 150, hitRate: 0.95, staleMs: 100 };

/**
 * Eight looks and two holds in turns from 150 clients on one server. Meanwhile another server on the same database changes
 * a room again and again, and the busy one is asked until it shows it: for how long was that stale?
 */
export async function mixed({ quick }: BenchOptions): Promise<BenchResult> {
  const { runs: count, ...length } = quick ? LENGTHS.quick : LENGTHS.full;
  const taken = await onStage({ rooms: ROOMS, places: PLACES }, async (stage) => {
    const { holdfast, base, key, rooms, places, settle } = stage;
    const other = await stage.another();
    const from = Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 86_400_000;
    const load = async (run: number) => {
      const ground = { base, rooms, places, from, run, runs: count + 1 };
      const order = { url: holdfast.url, key, traffic: 'mixed' as const, ground, connections: CONNECTIONS };
      let isOver = false;
      const rallying = rally({ here: other.url + base, there: holdfast.url + base, key }, () => !isOver);
      const before = await looked(holdfast.url);
      const report = await generate({ ...order, ...length }, holdfast.watched);
      isOver = true;
      const after = await looked(holdfast.url);
      const hitRates = ratesBetween(before, after);
      const { staleMs, ownStale } = await rallying;
      say(
        `${described(report)}; hits ${JSON.stringify(hitRates)}, stale for ${Math.max(...staleMs)} ms at most`,
      );
      return { ...report, hitRates, staleMs, ownStale };
    };
    try {
      await load(count); // warms up
      await settle();
      const runs = [];
      for (let run = 0; run < count; run++) runs.push(await load(run));
      return { runs, memory: await memory(holdfast.pid) };
    } finally {
      await other.stop();
    }
  });
  const { runs } = taken;
  const holdfast = summary(runs);
  const staleMs = runs.flatMap((run) => run.staleMs);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => rounded(percentile(staleMs, q)));
  const { 200: seen = 0, 201: held = 0, ...others } = holdfast.statuses;
  return {
    bench: 'mixed',
    ratio: rounded(holdfast.p95 / GOALS.p95),
    unit: 'of 50 ms (p95)',
    ok:
      Math.min(seen, held) > 0 &&
      holdfast.errors === 0 &&
      Object.keys(others).length === 0 &&
      runs.every(({ ownStale }) => ownStale === 0),
    goal: 1,
    goals: GOALS,
    connections: CONNECTIONS,
    hitRate: rounded(median(runs.map(({ hitRates }) => hitRates['all'] ?? NaN))),
    freeRate: rounded(median(runs.map(({ hitRates }) => hitRates['free'] ?? NaN))),
    hitRates: runs.map(({ hitRates }) => hitRates),
    staleMs: { changes: staleMs.length, p50, p95, p99, most: rounded(Math.max(...staleMs)) },
    holdfast: { ...holdfast, rssPeakMb: rounded(taken.memory?.peakMb ?? NaN) },
  };
}

type Looks = ReadonlyMap<string, Omit<Area, 'cache'>>;

/** How often the server looked into each of its caches since it started, and found what it looked for. */
async function looked(url: string): Promise<Looks> {
  const answer = await fetch(`${url}/api/v1/health/performance`);
  const { caches } = (await answer.json()) as { caches: Area[] };
  const answers = caches.filter(({ cache }) => cache !== 'keys'); // those are looked for by every request, also a hold
  return new Map(answers.map(({ cache, hits, misses, loads }) => [cache, { hits, misses, loads }]));
}

interface Area {
  cache: string;
  hits: number;
  misses: number;
  loads: number;
}

/**
 * Of each cache and of all: the share of looks that found it there. Who waits for somebody else's load did not, but costs
 * nothing either: `free` is the share of looks for which nothing was made.
 */
function ratesBetween(before: Looks, after: Looks): Record<string, number> {
  const sums = { hits: 0, misses: 0, loads: 0 };
  const rates: Record<string, number> = {};
  for (const [cache, now] of after) {
    const hits = now.hits - (before.get(cache)?.hits ?? 0);
    const misses = now.misses - (before.get(cache)?.misses ?? 0);
    if (hits + misses > 0) rates[cache] = rounded(hits / (hits + misses));
    sums.hits += hits;
    sums.misses += misses;
    sums.loads += now.loads - (before.get(cache)?.loads ?? 0);
  }
  rates['all'] = rounded(sums.hits / (sums.hits + sums.misses));
  rates['free'] = rounded(1 - sums.loads / (sums.hits + sums.misses));
  return rates;
}
