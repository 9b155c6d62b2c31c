import { Counter, Gauge, type Registry } from 'prom-client';
import type { AreaCounts } from './cache/counts.ts';

export type CacheCounts = ReadonlyMap<string, Readonly<AreaCounts>>;

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
