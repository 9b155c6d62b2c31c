import { openCaching } from '../src/cli/caching.ts';
import { openEngine } from '../src/engine/index.ts';
import { buildApp } from '../src/http/app.ts';
import { kinds } from '../src/kinds/index.ts';
import { openDatabase } from '../src/platform/db.ts';
import { openMetrics } from '../src/platform/metrics.ts';
import { silentLog } from './database.ts';

export type ServingNode = Awaited<ReturnType<typeof openServingNode>>;

/** A server with its cache as the program puts it together, without a port; there can be several on one database. */
export async function openServingNode(url: string, redisUrl?: string) {
  const metrics = openMetrics();
  const caching = await openCaching(url, redisUrl, silentLog, metrics.shared);
  const db = openDatabase({ url, size: 4, named: true, log: silentLog, onChange: caching.onChange });
  caching.follow(db);
  const engine = openEngine({ db, log: silentLog, width: 2, guarded: true });
  const operator = { metrics, slowRequest: () => undefined };
  const { answers, keys } = caching;
  const app = await buildApp({ db, engine, kinds, log: silentLog, answers, keys, operator });
  return {
    app,
    db,
    engine,
    metrics,
    cache: answers.cache,
    close: async () => {
      await app.close();
      await engine.drain();
      await caching.close();
      await db.close();
    },
  };
}
