import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';
import { killAt, linger } from '../engine/fault-point.ts';
import { openEngine } from '../engine/index.ts';
import { buildApp } from '../http/app.ts';
import { openGuesses } from '../people/guesses.ts';
import { kinds } from '../kinds/index.ts';
import { openDatabase, type Database } from '../platform/db.ts';
import type { Log } from '../platform/log.ts';
import { openMetrics, type Metrics } from '../platform/metrics.ts';
import type { PoolWatch } from '../platform/pool.ts';
import { openReplica } from '../platform/replica.ts';
import { openSlowLog } from '../platform/slow-log.ts';
import { recurringTasks, startRecurring } from '../worker/recurring.ts';
import { openCaching } from './caching.ts';
import { openVault } from '../platform/vault.ts';
import type { Reached } from './reach.ts';
import { keptSecret } from './secret.ts';

/** Everything that serves, put together and not yet listening. */
export interface Server {
  app: FastifyInstance;
  db: Database;
  /** Finishes what is under way and turns away what comes after. */
  close(): Promise<void>;
}

export async function openServer(config: Config, reached: Reached, log: Log): Promise<Server> {
  const { poolSize: size, namedStatements: named, testUnsafe, testFault, changesKeptDays } = config;
  const guarded = testUnsafe !== 'no-guard';
  await using opened = new AsyncDisposableStack(); // closes what is open already when the rest cannot be put together
  const metrics = openMetrics();
  const listenUrl = config.databaseDirectUrl ?? reached.servingUrl;
  const caching = await openCaching(listenUrl, config.redisUrl, log, metrics.shared);
  const pool = { url: reached.servingUrl, size, named, log, watch: watchOf(metrics, config, log) };
  const db = openDatabase({ ...pool, onChange: caching.onChange });
  opened.defer(db.close);
  caching.follow(db);
  metrics.watchPool(db.pool);
  const { databaseReplicaUrl: url } = config;
  const replica = url === undefined ? undefined : openReplica({ primary: db, pool: { ...pool, url }, log });
  if (replica !== undefined) {
    opened.defer(replica.close);
    metrics.watchReplica(replica.state);
  }
  opened.defer(caching.close);
  metrics.watchCaches(caching.counts);
  // Half of the connections write batches; the other half stays free for reads.
  const engine = openEngine({
    db,
    log,
    width: Math.floor(size / 2),
    guarded,
    at: testFault ? killAt(testFault) : guarded ? undefined : linger,
    onBatch: metrics.batch,
  });
  opened.defer(engine.drain);
  const slowRequest = openSlowLog(log, 'request', config.slowRequestMs);
  const operator = { metrics, token: config.operatorToken, slowRequest };
  const app = await buildApp({
    db,
    reads: replica,
    engine,
    log,
    kinds,
    vault: openVault(config.secret ?? (await keptSecret(reached.dataDir))),
    openHolds: config.rateLimit === 'on' ? config.openHolds : undefined,
    guesses: config.rateLimit === 'on' ? openGuesses() : undefined,
    answers: config.cache === 'on' ? caching.answers : undefined,
    keys: caching.keys,
    operator,
  });
  if (config.sweeper === 'on') {
    const ofKinds = kinds.flatMap((kind) => kind.recurring?.({ db, engine }) ?? []);
    opened.defer(
      startRecurring([...recurringTasks({ db, engine, metrics, changesKeptDays }), ...ofKinds], log),
    );
  }
  opened.defer(() => app.close());
  const all = opened.move();
  return { app, db, close: () => all.disposeAsync() };
}

/** What the pool tells goes into the metrics, and what was slow into the log. */
function watchOf(metrics: Metrics, { slowStatementMs }: Config, log: Log): PoolWatch {
  const slow = openSlowLog(log, 'statement', slowStatementMs);
  return {
    statement: (name, tookMs, rows) => {
      metrics.statement(name, tookMs, rows);
      slow(tookMs, () => ({ statement: name, rows }));
    },
    statementFailed: metrics.statementFailed,
    connectionRefused: metrics.connectionRefused,
  };
}
