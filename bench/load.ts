import autocannon, { type Result } from 'autocannon';
import { percentile } from '../src/cli/percentile.ts';
import { openCaller } from './caller.ts';
import { READ_ENCODING, readPaths, traffics, type Ground, type TrafficName } from './traffic.ts';

/**
 * The load generator: a process of its own, told what to do by one message. It sends `measuring` when the warm-up is
 * over, `measured` when the time is up, and last its report; the answers between the two are what it reports.
 */
export interface LoadOrder {
  /** Where the server listens: `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly key: string;
  readonly traffic: TrafficName | 'reads';
  readonly ground: Ground;
  readonly connections: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export interface LoadReport {
  /** Answers, whatever they said, per second. */
  readonly rate: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Answers by status, warm-up included. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests that asked for what another had asked for, warm-up included. */
  readonly collisions: number;
  /** Connections that broke and answers that never came. */
  readonly errors: number;
}

export type LoadMessage = { phase: 'measuring' } | { phase: 'measured' } | { report: LoadReport };

const ANSWER_TIMEOUT_SECONDS = 20;
/** autocannon ends by its own clock; ours stops it before. */
const SPARE_SECONDS = 60;

process.once('message', (order: LoadOrder) => {
  void run(order).then((report) => {
    say({ report });
    process.disconnect();
  });
});

function say(message: LoadMessage): void {
  process.send?.(message);
}

/** What happened while the figures were taken. */
interface Taken {
  statuses: Record<string, number>;
  latencies: number[];
  measuring: boolean;
  seconds: number;
}

async function run(order: LoadOrder): Promise<LoadReport> {
  const taken: Taken = { statuses: {}, latencies: [], measuring: false, seconds: NaN };
  const sent = order.traffic === 'reads' ? await read(order, taken) : await send(order, order.traffic, taken);
  const { statuses, latencies, seconds } = taken;
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => percentile(latencies, q));
  return {
    rate: latencies.length / seconds,
    ...{ p50: p50 ?? NaN, p95: p95 ?? NaN, p99: p99 ?? NaN },
    statuses,
    ...sent,
  };
}

type Sent = Pick<LoadReport, 'collisions' | 'errors'>;

/**
 * What the routes of `readPaths` answer, in turns. autocannon takes as much for such an answer as who gives it, so that both would be
 * measured; these callers take half of it. They know no answer but a 200: any other, or none in time, rejects.
 */
async function read(order: LoadOrder, taken: Taken): Promise<Sent> {
  const { url, key, ground, connections } = order;
  const paths = readPaths(ground);
  let isOver = false;
  const callers = await Promise.all(
    Array.from({ length: connections }, () => openCaller(url, key, READ_ENCODING)),
  );
  const late = setTimeout(
    () => callers.forEach((caller) => caller.close()),
    (order.warmUpSeconds + order.seconds + ANSWER_TIMEOUT_SECONDS) * 1_000,
  );
  time(order, taken, () => (isOver = true));
  await Promise.all(
    callers.map(async (caller, first) => {
      for (let n = first; !isOver; n++) {
        const begun = performance.now();
        await caller.ask(paths[n % paths.length] ?? '');
        answered(taken, 200, performance.now() - begun);
      }
    }),
  );
  clearTimeout(late);
  for (const caller of callers) caller.close();
  return { collisions: 0, errors: 0 };
}

async function send(order: LoadOrder, traffic: TrafficName, taken: Taken): Promise<Sent> {
  const { requests, collisions } = traffics[traffic](order.ground);
  const result = await new Promise<Result>((resolve, reject) => {
    const load = autocannon(
      {
        url: order.url,
        headers: { authorization: `Bearer ${order.key}` },
        connections: order.connections,
        duration: order.warmUpSeconds + order.seconds + SPARE_SECONDS,
        timeout: ANSWER_TIMEOUT_SECONDS,
        requests,
        initialContext: {},
      },
      (error, done) => (error ? reject(error) : resolve(done)),
    );
    load.on('response', (_client, status: number, _bytes, milliseconds: number) =>
      answered(taken, status, milliseconds),
    );
    time(order, taken, () => load.stop());
  });
  return { collisions: collisions(), errors: result.errors };
}

function answered(taken: Taken, status: number, milliseconds: number): void {
  taken.statuses[status] = (taken.statuses[status] ?? 0) + 1;
  if (taken.measuring) taken.latencies.push(milliseconds);
}

/** Measures from the end of the warm-up until the time is up, and stops then. */
function time({ warmUpSeconds, seconds }: LoadOrder, taken: Taken, stop: () => void): void {
  let begun = 0;
  setTimeout(() => {
    taken.measuring = true;
    begun = performance.now();
    say({ phase: 'measuring' });
  }, warmUpSeconds * 1_000);
  setTimeout(
    () => {
      taken.measuring = false;
      taken.seconds = (performance.now() - begun) / 1_000; // a busy process wakes late
      say({ phase: 'measured' });
      stop();
    },
    (warmUpSeconds + seconds) * 1_000,
  );
}
