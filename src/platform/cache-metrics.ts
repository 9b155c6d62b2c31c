import { Counter, Gauge, type Registry } from 'prom-client';
import type { AreaCounts } from './cache/counts.ts';
import { OUTCOMES, type Outcome, type SharedWatch } from './cache/second-tier.ts';
import { openHistogram } from './histogram.ts';
import { countsOf, latencyOf, type Latency } from './latency.ts';

export type CacheCounts = ReadonlyMap<string, Readonly<AreaCounts>>;

/** How often Redis was asked for something of a cache and what came of it, and how long that took. */
export type SharedCounts = { cache: string } & Record<Outcome, number> & Omit<Latency, 'count'>;

/** A command has 50 ms; what took longer waited for this process. */
const SHARED_SECONDS = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1];

/** Adds what a cache counts to the registry, by the name of the area and the word for what happened. */
export function countCaches(registry: Registry, counts: () => CacheCounts): void {
  registry.registerMetric(
    new Counter({
      name: 'holdfast_cache_events_total',
      help: 'What happened to what is kept of each area: hits, misses, loads, ...',
      labelNames: ['cache', 'event'],
      registers: [],
      collect() {
        this.reset();
        for (const [cache, { entries: _, bytes: __, ...events }] of counts())
          for (const [event, count] of Object.entries(events)) this.inc({ cache, event }, count);
      },
    }),
  );
  for (const field of ['entries', 'bytes'] as const)
    registry.registerMetric(
      new Gauge({
        name: `holdfast_cache_${field}`,
        help: `${field === 'entries' ? 'Entries' : 'Bytes'} kept of each area`,
        labelNames: ['cache'],
        registers: [],
        collect() {
          for (const [cache, of] of counts()) this.set({ cache }, of[field]);
        },
      }),
    );
}

/** Adds what is asked of Redis to the registry, and tells it by name of the cache. */
export function countShared(registry: Registry): {
  watch: SharedWatch;
  counts(): SharedCounts[];
} {
  const asked = openHistogram({
    name: 'holdfast_shared_cache_seconds',
    help: 'Time to ask Redis for something of each cache, by what came of it',
    labelNames: ['cache', 'outcome'],
    thresholds: SHARED_SECONDS,
    registry,
  });
  return {
    watch: (cache, outcome, tookMs) => asked.observe(tookMs / 1_000, cache, outcome),
    counts: () => {
      const byOutcome = countsOf(asked, ([cache, outcome]) => `${outcome} ${cache}`);
      const names = new Set([...byOutcome.keys()].map((key) => key.slice(key.indexOf(' ') + 1)));
      return [...names].sort().map((cache) => {
        const series = OUTCOMES.map((outcome) => byOutcome.get(`${outcome} ${cache}`) ?? []);
        const { count: _, ...latency } = latencyOf(SHARED_SECONDS, series);
        const counts = OUTCOMES.map((outcome, i) => [outcome, series[i]?.at(-1) ?? 0]);
        return { cache, ...(Object.fromEntries(counts) as Record<Outcome, number>), ...latency };
      });
    },
  };
}
