import autocannon, { type Result } from 'autocannon';
import { percentile } from '../src/cli/percentile.ts';
import { traffics, type Ground, type TrafficName } from './traffic.ts';

/**
 * The load generator: a process of its own, told what to do by one message. It sends `measuring` when the warm-up is
 * over, `measured` when the time is up, and last its report; the answers between the two are what it reports.
 */
export interface LoadOrder {
  /** Where the server listens: `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly key: string;
  readonly traffic: TrafficName;
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

async function run(order: LoadOrder): Promise<LoadReport> {
  const { requests, collisions } = traffics[order.traffic](order.ground);
  const statuses: Record<string, number> = {};
  const latencies: number[] = [];
  let measuring = false;
  let begun = 0;
  let seconds = 0;
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
    load.on('response', (_client, status: number, _bytes, milliseconds: number) => {
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (measuring) latencies.push(milliseconds);
    });
    setTimeout(() => {
      measuring = true;
      begun = performance.now();
      say({ phase: 'measuring' });
    }, order.warmUpSeconds * 1_000);
    setTimeout(
      () => {
        measuring = false;
        seconds = (performance.now() - begun) / 1_000; // a busy process wakes late
        say({ phase: 'measured' });
        load.stop();
      },
      (order.warmUpSeconds + order.seconds) * 1_000,
    );
  });
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => percentile(latencies, q));
  return {
    rate: latencies.length / seconds,
    p50: p50 ?? NaN,
    p95: p95 ?? NaN,
    p99: p99 ?? NaN,
    statuses,
    collisions: collisions(),
    errors: result.errors,
  };
}
