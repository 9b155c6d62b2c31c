import { openFollower, type Follower } from '../engine/follow.ts';
import type { Ready } from '../http/ready-bytes.ts';
import { openCache, type Cache } from '../platform/cache/cache.ts';
import type { Database, OnChange } from '../platform/db.ts';
import type { Log } from '../platform/log.ts';
import { openWakeUp } from '../platform/wake.ts';

/** The cache of a process and what keeps it true: our own commits at once, those of others by the change feed. */
export interface Caching {
  cache: Cache<Ready>;
  /** For the pool that the process writes through. */
  onChange: OnChange;
  /** Until this was called nothing is kept. */
  follow(db: Database): void;
  close(): Promise<void>;
}

/** `listenUrl` must not lead through a pooler (platform/wake.ts). */
export function openCaching(listenUrl: string, log: Log): Caching {
  const wake = openWakeUp(listenUrl, log);
  let follower: Follower | undefined;
  const cache = openCache<Ready>({
    hearing: {
      hears: (tenant) => follower?.hears(tenant) ?? false,
      listen: async (tenant) => follower?.listen(tenant),
    },
  });
  return {
    cache,
    onChange: (tenant, changes, seqs) => {
      cache.changed(tenant, changes);
      follower?.wrote(tenant, seqs);
      wake.ring();
    },
    follow: (db) => {
      follower = openFollower({ db, log, wake, tell: cache.changed, missed: cache.clear });
    },
    close: async () => {
      await follower?.stop();
      await wake.close();
    },
  };
}
