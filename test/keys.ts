import { cachedKeys, type Keys } from '../src/people/key.ts';
import { openCache } from '../src/platform/cache/cache.ts';
import type { Stopwatch } from '../src/platform/clock.ts';
import type { Database } from '../src/platform/db.ts';

/** Keys as a process knows them that has just started, and that no change reaches. */
export function freshKeys(db: Database, perf?: Stopwatch): Keys {
  const hearing = { hears: () => true, listen: () => Promise.resolve() };
  return cachedKeys(db, openCache({ hearing, random: () => 0, ...(perf === undefined ? {} : { perf }) }));
}
