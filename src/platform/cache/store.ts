import { LRUCache } from 'lru-cache';
import type { Uuid } from '../id.ts';
import type { Counts } from './counts.ts';
import { TagIndex, type Tagged } from './tags.ts';

/** Things of one sort that are kept alike. */
export interface Area {
  /** As it stands in metrics. */
  name: string;
  /** How long an entry lives at most, whatever the changes say; a tenth less at random, so that not all end at once. */
  liveMs: number;
  /** How long after that it may still be shown when the source fails; 0 where an old answer is worse than none. */
  staleIfErrorMs: number;
}

export interface Entry<V> extends Tagged {
  readonly key: string;
  readonly value: V;
  readonly bytes: number;
  readonly area: Area;
  readonly freshUntil: number;
}

/** What all entries together may be; those not used for longest go. */
export interface Bounds {
  entries: number;
  bytes: number;
}

const BOUNDS: Bounds = { entries: 20_000, bytes: 48 * 1_024 * 1_024 };
/** What an entry weighs beside its value and key: the maps that it stands in. */
const OVERHEAD_BYTES = 500;

/** Entries in memory, found by key and by what they are made of. */
export interface Store<V> {
  get(key: string): Entry<V> | undefined;
  keep(entry: Entry<V>): void;
  has(tenant: Uuid): boolean;
  /** Throws away what has any of these tags, or all of the tenant. */
  discard(tenant: Uuid, tags?: Iterable<string>): void;
}

export function openStore<V>(counts: Counts, bounds: Bounds = BOUNDS): Store<V> {
  const index = new TagIndex<Entry<V>>();
  const kept = new LRUCache<string, Entry<V>>({
    max: bounds.entries,
    maxSize: bounds.bytes,
    sizeCalculation: weight,
    onInsert: (entry) => {
      index.add(entry);
      const of = counts.of(entry.area.name);
      of.entries += 1;
      of.bytes += weight(entry);
    },
    dispose: (entry, _key, reason) => {
      index.remove(entry);
      const of = counts.of(entry.area.name);
      of.entries -= 1;
      of.bytes -= weight(entry);
      if (reason === 'evict') of.evictions += 1;
      if (reason === 'delete') of.invalidations += 1;
    },
  });
  return {
    get: (key) => kept.get(key),
    keep: (entry) => void kept.set(entry.key, entry),
    has: (tenant) => index.has(tenant),
    discard: (tenant, tags) => {
      for (const { key } of index.find(tenant, tags)) kept.delete(key);
    },
  };
}

function weight({ bytes, key }: Entry<unknown>): number {
  return bytes + 2 * key.length + OVERHEAD_BYTES;
}
