import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { AreaCounts } from './cache/counts.ts';
import type { SharedWatch } from './cache/second-tier.ts';
import { countCaches, countShared, type CacheCounts, type SharedCounts } from './cache-metrics.ts';
import { countReplica, type ReplicaState } from './replica-metrics.ts';
import { openHistogram } from './histogram.ts';
import { addedSince, slowest, countsOf, latencyOf, type Counts, type Latency } from './latency.ts';

/** What a pool of connections is doing at this moment. */
export interface PoolState {
  /** Connections it may open. */
  size: number;
  open: number;
  inUse: number;
  /** Transactions that wait for a connection. */
  waiting: number;
}

/** How the process did since the oldest moment that is remembered, about a minute ago. */
export interface Recent {
  seconds: number;
  requests: Latency & { failed: number; slowest: readonly (Latency & { route: string })[] };
  batches: Latency & { commands: number };
  statements: { slowest: readonly (Latency & { statement: string })[] };
  pool: PoolState & { refused: number };
  /** Since the start of the process, by the name of the area. */
  caches: readonly (AreaCounts & { cache: string })[];
  /** The same of what is shared through Redis. */
  shared: readonly SharedCounts[];
  /** Share of the time in which the event loop had work, 0 to 1. */
  eventLoopBusy: number;
  memoryBytes: number;
}

/**
 * Everything this process counts, in one registry. Labels are patterns of routes, names of statements and classes of
 * status, all of them fixed by the program: never a tenant, a key or an id, so the number of series is bounded.
 */
export interface Metrics {
  /** `route` is the pattern, e.g. `/api/v1/:tenant/rooms/:id`. */
  request(method: string, route: string, status: number, tookMs: number): void;
  statement(name: string, tookMs: number, rows: number): void;
  statementFailed(name: string): void;
  batch(of: { commands: number; waitedMs: number; tookMs: number }): void;
  /** A transaction got no connection in time. */
  connectionRefused(): void;
  /** Redis was asked for something of a cache. */
  shared: SharedWatch;
  watchPool(state: () => PoolState): void;
  watchCaches(counts: () => CacheCounts): void;
  watchReplica(state: () => ReplicaState): void;
  /** The text that Prometheus reads. */
  text(): Promise<string>;
  /** Keeps the counts of this moment, for `recent`; called every REMEMBER_EVERY_MS. */
  remember(): Promise<void>;
  recent(): Promise<Recent>;
}

export const REMEMBER_EVERY_MS = 10_000;
/** Moments kept: with one every ten seconds, the oldest is a minute old. */
const MOMENTS = 6;
const MOST_SHOWN = 5;

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const STATEMENT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5];
const BATCH_COMMANDS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** Labels by the first digit of the status. */
const CLASSES = ['other', '1xx', '2xx', '3xx', '4xx', '5xx'];

/** The counts of one moment; two of them say what happened in between. */
interface Moment {
  at: number;
  loop: ReturnType<typeof performance.eventLoopUtilization>;
  requests: Counts;
  failed: number;
  batches: Counts;
  commands: number;
  statements: Counts;
  refused: number;
}

export function openMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry }); // process, memory, event loop and garbage collection
  const of = instruments(registry);
  let pool = (): PoolState => ({ size: 0, open: 0, inUse: 0, waiting: 0 });
  poolGauges(registry, () => pool());
  let caches = (): CacheCounts => new Map();
  countCaches(registry, () => caches());
  const shared = countShared(registry);
  const moments: Moment[] = [];
  let rendering: Promise<string> | undefined;

  const start = blank();
  const look = async (): Promise<Moment> => ({
    at: performance.now(),
    loop: performance.eventLoopUtilization(),
    requests: countsOf(of.requests, ([method, route]) => `${method} ${route}`),
    failed: sumOf(await of.failures.get()),
    batches: countsOf(of.batches, () => 'all'),
    commands: sumOf(await of.commands.get()),
    statements: countsOf(of.statements, ([statement = '']) => statement),
    refused: sumOf(await of.refused.get()),
  });

  return {
    request: (method, route, status, tookMs) => {
      of.requests.observe(tookMs / 1_000, method, route, CLASSES[Math.floor(status / 100)] ?? 'other');
      if (status >= 500) of.failures.inc();
    },
    statement: (statement, tookMs, rows) => {
      of.statements.observe(tookMs / 1_000, statement);
      if (rows > 0) of.rows.inc({ statement }, rows);
    },
    statementFailed: (statement) => of.failed.inc({ statement }),
    batch: ({ commands, waitedMs, tookMs }) => {
      of.batches.observe(tookMs / 1_000);
      of.waits.observe(waitedMs / 1_000);
      of.sizes.observe(commands);
      of.commands.inc(commands);
    },
    connectionRefused: () => of.refused.inc(),
    shared: shared.watch,
    watchPool: (state) => void (pool = state),
    watchCaches: (counts) => void (caches = counts),
    watchReplica: (state) => countReplica(registry, state),
    // However many scrape at once, the text is made once: with every series it is a few milliseconds of this thread.
    text: () => (rendering ??= registry.metrics().finally(() => (rendering = undefined))),
    remember: async () => {
      moments.push(await look());
      if (moments.length > MOMENTS) moments.shift();
    },
    recent: async () => ({
      ...recentOf(moments[0] ?? start, await look(), pool(), caches()),
      shared: shared.counts(),
    }),
  };
}

function instruments(registry: Registry) {
  const registers = [registry];
  return {
    requests: openHistogram({
      name: 'holdfast_request_seconds',
      help: 'Time to answer a request, by pattern of the route, method and class of status',
      labelNames: ['method', 'route', 'status'],
      thresholds: REQUEST_SECONDS,
      registry,
    }),
    failures: new Counter({
      name: 'holdfast_requests_failed_total',
      help: 'Requests answered 500 and above',
      registers,
    }),
    batches: openHistogram({
      name: 'holdfast_batch_seconds',
      help: 'Time a batch of commands was in the database',
      thresholds: REQUEST_SECONDS,
      registry,
    }),
    waits: openHistogram({
      name: 'holdfast_batch_wait_seconds',
      help: 'Time the oldest command of a batch had waited for its turn',
      thresholds: REQUEST_SECONDS,
      registry,
    }),
    sizes: openHistogram({
      name: 'holdfast_batch_commands',
      help: 'Commands decided together',
      thresholds: BATCH_COMMANDS,
      registry,
    }),
    commands: new Counter({ name: 'holdfast_commands_total', help: 'Commands decided', registers }),
    statements: openHistogram({
      name: 'holdfast_statement_seconds',
      help: 'Time a statement took once those before it on its connection were answered',
      labelNames: ['statement'],
      thresholds: STATEMENT_SECONDS,
      registry,
    }),
    rows: new Counter({
      name: 'holdfast_statement_rows_total',
      help: 'Rows a statement returned or changed',
      labelNames: ['statement'],
      registers,
    }),
    failed: new Counter({
      name: 'holdfast_statement_failures_total',
      help: 'Statements that the database refused or that were lost with their connection',
      labelNames: ['statement'],
      registers,
    }),
    refused: new Counter({
      name: 'holdfast_pool_refused_total',
      help: 'Transactions that got no connection in time',
      registers,
    }),
  };
}

function poolGauges(registry: Registry, pool: () => PoolState): void {
  const gauges: readonly [keyof PoolState, name: string, help: string][] = [
    ['size', 'size', 'Connections the pool may open'],
    ['open', 'open', 'Connections that are open'],
    ['inUse', 'in_use', 'Connections in use'],
    ['waiting', 'waiting', 'Transactions that wait for a connection'],
  ];
  for (const [field, name, help] of gauges)
    registry.registerMetric(
      new Gauge({
        name: `holdfast_pool_${name}`,
        help,
        registers: [],
        collect() {
          this.set(pool()[field]);
        },
      }),
    );
}

function blank(): Moment {
  const none: Counts = new Map();
  return {
    at: performance.now(),
    loop: performance.eventLoopUtilization(),
    ...{ requests: none, failed: 0, batches: none, commands: 0, statements: none, refused: 0 },
  };
}

function recentOf(before: Moment, now: Moment, pool: PoolState, caches: CacheCounts): Omit<Recent, 'shared'> {
  const requests = addedSince(now.requests, before.requests);
  const statements = addedSince(now.statements, before.statements);
  const batches = addedSince(now.batches, before.batches);
  return {
    seconds: Math.round((now.at - before.at) / 1_000),
    requests: {
      ...latencyOf(REQUEST_SECONDS, requests.values()),
      failed: now.failed - before.failed,
      slowest: slowest(REQUEST_SECONDS, requests, MOST_SHOWN).map(([route, of]) => ({ route, ...of })),
    },
    batches: {
      ...latencyOf(REQUEST_SECONDS, batches.values()),
      commands: now.commands - before.commands,
    },
    statements: {
      slowest: slowest(STATEMENT_SECONDS, statements, MOST_SHOWN).map(([statement, of]) => ({
        statement,
        ...of,
      })),
    },
    pool: { ...pool, refused: now.refused - before.refused },
    caches: [...caches].map(([cache, counts]) => ({ cache, ...counts })),
    eventLoopBusy: Number(performance.eventLoopUtilization(now.loop, before.loop).utilization.toFixed(3)),
    memoryBytes: process.memoryUsage.rss(),
  };
}

function sumOf({ values }: { values: readonly { value: number }[] }): number {
  return values.reduce((sum, { value }) => sum + value, 0);
}
