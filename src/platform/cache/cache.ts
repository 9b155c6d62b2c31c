import { LRUCache } from 'lru-cache';
import type { Stopwatch } from '../clock.ts';
import { Problem } from '../errors.ts';
import type { Uuid } from '../id.ts';
import { countAreas, type AreaCounts, type Counts } from './counts.ts';
import { openStore, type Area, type Bounds, type Entry, type Store } from './store.ts';
import { changedTags, changedTimes, TagIndex, type Tagged, type Told } from './tags.ts';

export type { Area } from './store.ts';

/** What to find, and how to make it when it is not there. */
export interface Wanted<V> {
  area: Area;
  tenant: Uuid;
  key: string;
  /** Tags of everything that the value is made of (see tags.ts). */
  madeOf: readonly string[];
  load(): Promise<Weighed<V>>;
}

export interface Weighed<V> {
  value: V;
  bytes: number;
  /** When it ends, by the cache's clock; for what is made of another kept value and must not outlive it. */
  freshUntil?: number;
}

export interface Found<V> {
  value: V;
  from: 'HIT' | 'MISS' | 'STALE';
  freshUntil: number;
}

/** Who knows whether this process hears of a tenant's changes. */
export interface Hearing {
  /** True while the changes of the tenant arrive here in time: only then is what is kept shown. */
  hears(tenant: Uuid): boolean;
  /** Begins to listen; what is read from then on can be kept. */
  listen(tenant: Uuid): Promise<void>;
}

export interface CacheOptions {
  hearing: Hearing;
  bounds?: Bounds;
  perf?: Stopwatch;
  random?: () => number;
  /** False lets loads under way keep what they bring: the control that shows the test of the fence can fail. */
  fenced?: boolean;
}

/**
 * Keeps values in the process, bounded by entries and bytes. A value is never kept, nor handed to somebody who asked
 * later, when something it is made of was changed after its load began. Nobody decides a sale by what is in here.
 */
export interface Cache<V> {
  /** What is kept and up to date. */
  peek(area: Area, tenant: Uuid, key: string): V | undefined;
  /** The same as a look that can be repeated: its key is put together and hashed only once. */
  at(area: Area, tenant: Uuid, key: string): () => V | undefined;
  /**
   * The same, made when it is not there: once for all who wait, and one load at a time for each key. A failure is
   * remembered for a moment, so that a source that is down is not asked by everybody.
   */
  get(wanted: Wanted<V>): Promise<Found<V>>;
  /** Something was committed: throws away what is made of it. */
  changed(tenant: Uuid, changes: readonly Told[]): void;
  /** Changes may have been missed: throws away all of the tenant. */
  clear(tenant: Uuid): void;
  counts(): ReadonlyMap<string, Readonly<AreaCounts>>;
}

const JITTER = 0.1;
/** A source that failed is asked again after this long. */
const FAILED_MS = 250;
const MOST_FAILURES = 1_000;

interface Load<V> extends Tagged {
  outdated: boolean;
  done: Promise<Found<V>>;
  /** For those who asked when this one was out of date already. */
  next?: Promise<Found<V>>;
}

export function openCache<V>(options: CacheOptions): Cache<V> {
  const { hearing, perf = performance, fenced = true } = options;
  const counts = countAreas();
  const store = openStore<V>(counts, options.bounds);
  const loads = openLoads<V>(options, store, counts);

  function fresh(area: Area, tenant: Uuid, key: string): Entry<V> | undefined {
    const entry = store.get(key);
    if (entry === undefined || perf.now() >= entry.freshUntil || !hearing.hears(tenant)) return undefined;
    counts.of(area.name).hits += 1;
    return entry;
  }

  function at(area: Area, tenant: Uuid, key: string): () => V | undefined {
    const name = keyOf(area, tenant, key);
    return () => fresh(area, tenant, name)?.value;
  }

  return {
    peek: (area, tenant, key) => at(area, tenant, key)(),
    at,
    get: async (wanted) => {
      const { area, tenant } = wanted;
      const key = keyOf(area, tenant, wanted.key);
      const entry = fresh(area, tenant, key);
      if (entry !== undefined) return { value: entry.value, from: 'HIT', freshUntil: entry.freshUntil };
      counts.of(area.name).misses += 1;
      const found = await loads.join(key, wanted);
      if (found.from === 'STALE') counts.of(area.name).stale += 1;
      return found;
    },
    changed: (tenant, changes) => {
      if (!store.has(tenant) && !loads.has(tenant)) return;
      const tags = changedTags(changes).union(changedTimes(changes));
      store.discard(tenant, tags);
      if (fenced) loads.outdate(tenant, tags);
    },
    clear: (tenant) => {
      store.discard(tenant);
      loads.outdate(tenant);
    },
    counts: counts.all,
  };
}

/** One load at a time for each key, of which all who wait have the value, and none who knows better. */
function openLoads<V>(
  { hearing, perf = performance, random = Math.random }: CacheOptions,
  store: Store<V>,
  counts: Counts,
) {
  const loads = new TagIndex<Load<V>>();
  const loading = new Map<string, Load<V>>();
  const failed = new LRUCache<string, { error: unknown }>({
    max: MOST_FAILURES,
    ttl: FAILED_MS,
    ttlResolution: 0,
    perf,
  });

  function join(key: string, wanted: Wanted<V>): Promise<Found<V>> {
    const running = loading.get(key);
    if (running === undefined) return start(key, wanted);
    counts.of(wanted.area.name).waits += 1;
    if (!running.outdated) return running.done;
    // It may not have seen what this caller knows of. The next load begins after the call, and serves all like it.
    const again = () => join(key, wanted);
    return (running.next ??= running.done.then(again, again));
  }

  function start(key: string, wanted: Wanted<V>): Promise<Found<V>> {
    const { tenant, madeOf } = wanted;
    const { promise: done, resolve } = Promise.withResolvers<Found<V>>();
    const load: Load<V> = { tenant, madeOf, outdated: false, done };
    loads.add(load);
    loading.set(key, load);
    const made = make(key, wanted, load).finally(() => {
      loads.remove(load);
      loading.delete(key);
    });
    resolve(made);
    return done;
  }

  async function make(key: string, wanted: Wanted<V>, load: Load<V>): Promise<Found<V>> {
    const { area, tenant, madeOf } = wanted;
    const of = counts.of(area.name);
    const failure = failed.get(key);
    if (failure !== undefined) return old(store, key, perf.now(), failure.error);
    of.loads += 1;
    try {
      await hearing.listen(tenant); // before the source is read: no change falls between the two
      const { value, bytes, ...made } = await wanted.load();
      const freshUntil = made.freshUntil ?? perf.now() + area.liveMs * (1 - JITTER * random());
      if (perf.now() >= freshUntil) return { value, from: 'STALE', freshUntil };
      if (load.outdated) of.fenced += 1;
      else store.keep({ key, tenant, madeOf, area, value, bytes, freshUntil });
      return { value, from: 'MISS', freshUntil };
    } catch (error) {
      if (isRefusal(error)) throw error;
      of.failures += 1;
      failed.set(key, { error });
      return old(store, key, perf.now(), error);
    }
  }

  return {
    join,
    has: (tenant: Uuid) => loads.has(tenant),
    /** What these loads bring is not kept, and not for who asks from now on. */
    outdate: (tenant: Uuid, tags?: Iterable<string>) => {
      for (const load of loads.find(tenant, tags)) load.outdated = true;
    },
  };
}

/** What was kept before the source failed, where it may be shown. */
function old<V>(store: Store<V>, key: string, now: number, error: unknown): Found<V> {
  const entry = store.get(key);
  const { staleIfErrorMs = 0 } = entry?.area ?? {};
  if (entry === undefined || staleIfErrorMs === 0 || now >= entry.freshUntil + staleIfErrorMs) throw error;
  return { value: entry.value, from: 'STALE', freshUntil: entry.freshUntil };
}

/** The tenant stands in every key. */
function keyOf(area: Area, tenant: Uuid, key: string): string {
  return `${tenant} ${area.name} ${key}`;
}

/** The source did answer: the question was wrong. */
function isRefusal(error: unknown): boolean {
  return error instanceof Problem && error.code !== 'unavailable' && error.code !== 'internal';
}
