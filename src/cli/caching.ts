import { openFollower, type Follower, type FollowOptions } from '../engine/follow.ts';
import { openTouched, type Touched } from '../engine/touched.ts';
import type { Answers } from '../http/ready-bytes.ts';
import type { Ready } from '../http/ready.ts';
import { KEY_BOUNDS, type KeyCache } from '../people/key.ts';
import type { CacheCounts } from '../platform/cache-metrics.ts';
import { openCache, type Cache, type Hearing } from '../platform/cache/cache.ts';
import { openSecondTier, type SharedWatch } from '../platform/cache/second-tier.ts';
import type { Database, OnChange } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import type { Log } from '../platform/log.ts';
import { openWakeUp } from '../platform/wake.ts';

/** The cache of a process and what keeps it true: our own commits at once, those of others by the change feed. */
export interface Caching {
  answers: Answers & { cache: Cache<Ready> };
  keys: KeyCache;
  /** Of everything that is kept. */
  counts(): CacheCounts;
  /** For the pool that the process writes through. */
  onChange: OnChange;
  /** Until this was called nothing is kept. */
  follow(db: Database): void;
  close(): Promise<void>;
}

/** `listenUrl` must not lead through a pooler (platform/wake.ts). */
export async function openCaching(
  listenUrl: string,
  redisUrl: string | undefined,
  log: Log,
  watch?: SharedWatch,
): Promise<Caching> {
  // The client of Redis is 20 MB that a server without one does not need.
  const redis =
    redisUrl === undefined
      ? undefined
      : (await import('../platform/cache/redis.ts')).openRedis(redisUrl, log);
  const wake = openWakeUp(listenUrl, log);
  let follower: Follower | undefined;
  let touched: Touched | undefined;
  const position = (tenant: Uuid) => follower?.position(tenant);
  const hearing: Hearing = {
    hears: (tenant) => follower?.hears(tenant) ?? false,
    listen: async (tenant) => follower?.listen(tenant),
  };
  const cache = openCache<Ready>({ hearing });
  const keys: KeyCache = openCache({ hearing, bounds: KEY_BOUNDS });
  const changed: OnChange = (tenant, changes) => {
    cache.changed(tenant, changes);
    keys.changed(tenant, changes);
  };
  const isTouched: Touched['isTouched'] = async (...of) => touched?.isTouched(...of) ?? true;
  const second = redis && openSecondTier(redis, { position, isTouched }, watch);
  const tell: FollowOptions['tell'] = (tenant, changes, last) => {
    touched?.told(tenant, changes, last);
    changed(tenant, changes, []);
  };
  const missed: FollowOptions['missed'] = (tenant) => {
    touched?.forget(tenant);
    cache.clear(tenant);
    keys.clear(tenant);
  };
  return {
    answers: { cache, second },
    keys,
    counts: () => new Map([...cache.counts(), ...keys.counts()]),
    onChange: (tenant, changes, seqs) => {
      const last = seqs.at(-1);
      if (last === undefined) changed(tenant, changes, seqs);
      else tell(tenant, changes, last);
      follower?.wrote(tenant, seqs);
      wake.ring();
    },
    follow: (db) => {
      if (redis !== undefined) touched = openTouched(db, position);
      follower = openFollower({ db, log, wake, tell, missed });
    },
    close: async () => {
      await follower?.stop();
      await wake.close();
      redis?.close();
    },
  };
}
