import { percentile } from '../src/cli/percentile.ts';
import type { Database } from '../src/platform/db.ts';
import { openCaller } from './caller.ts';
import { onGrown, type Grown } from './growth-stage.ts';
import { interleaved, median, rounded } from './measure.ts';
import type { BenchOptions, BenchResult } from './result.ts';
import { say } from './stage.ts';

const FORMS = {
  quick: { bookings: 100_000, pairs: 3, calls: 40 },
  full: { bookings: 1_000_000, pairs: 5, calls: 80 },
};
const GOAL = 0.7;
const WARM_UP_MS = 3_000;

interface Times {
  p50: number;
  p95: number;
}

/** Something to look at over HTTP, and what the program asks the database for it. */
export interface Look {
  name: string;
  path: string;
  bare(): Promise<unknown>;
}

interface Plan {
  bench: string;
  looksOf(stage: Grown): readonly Look[];
  calls?: number;
  /** To be asked again as well, where answers are kept. */
  again?: boolean;
}

/**
 * Asks over HTTP with the cache off, one call after the other; beside each look the bare statement through the same driver
 * in the same transaction.
 */
export async function besideStatement(
  { bench, looksOf, calls, again = false }: Plan,
  { quick }: BenchOptions,
): Promise<BenchResult & { looks: readonly (Compared & { again?: Times })[] }> {
  const form = quick ? FORMS.quick : FORMS.full;
  const { bookings, pairs } = form;
  const looks = await onGrown(
    [bookings],
    async ([stage]) => {
      if (stage === undefined) throw new Error('there is no stage');
      const compared = [];
      for (const look of looksOf(stage))
        compared.push(await compare(stage, look, pairs, calls ?? form.calls));
      return again ? await askedAgain(stage, compared, looksOf(stage)) : compared;
    },
    { CACHE: 'off' },
  );
  return {
    bench,
    ratio: Math.min(...looks.map(({ ratio }) => ratio)),
    unit: 'of the bare statement, the worst of all looks',
    ok: true,
    goal: GOAL,
    bookings,
    looks,
  };
}

export function window(from: number, to: number): string {
  return `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
}

/** The program's statement, whatever its parameters are. */
export function run(
  db: Database,
  tenant: string,
  of: { name: string },
  values: readonly unknown[],
): Promise<unknown> {
  const read = db.read as (tenant: string, of: object, ...values: readonly unknown[]) => Promise<unknown>;
  return read(tenant, of, ...values);
}

/** The median, over the runs, of a look's times and of those of its statement. */
interface Compared {
  name: string;
  ratio: number;
  own: Times;
  limit: Times;
}

async function compare(
  { url, key }: Grown,
  { name, path, bare }: Look,
  pairs: number,
  calls: number,
): Promise<Compared> {
  const caller = await openCaller(url, key);
  const ask = () => caller.ask(path);
  await warmUp(ask);
  await warmUp(bare);
  const { a, b } = await interleaved(
    pairs,
    () => timed(calls, ask),
    () => timed(calls, bare),
  );
  caller.close();
  const [own, limit] = [middle(a), middle(b)];
  say(`${name}: p50 ${own.p50} ms, p95 ${own.p95} ms; the statement alone ${limit.p50} and ${limit.p95} ms`);
  return { name, ratio: rounded(limit.p50 / own.p50), own, limit };
}

const TIMES_AGAIN = 200;

/** The same looks at a server that keeps what it answered, once it has answered it. */
async function askedAgain(stage: Grown, compared: readonly Compared[], looks: readonly Look[]) {
  const server = await stage.another({ CACHE: 'on' });
  try {
    const all = [];
    for (const [n, each] of compared.entries()) {
      const caller = await openCaller(server.url, stage.key);
      let hits = 0;
      const ask = async () => {
        if ((await caller.ask(looks[n]?.path ?? '')) === 'HIT') hits += 1;
      };
      await warmUp(ask);
      hits = 0;
      const again = middle([await timed(TIMES_AGAIN, ask)]);
      caller.close();
      if (hits < TIMES_AGAIN * 0.95) throw new Error(`${each.name}: only ${hits} answers were kept`);
      say(`${each.name}, again: p50 ${again.p50} ms, p95 ${again.p95} ms`);
      all.push({ ...each, again });
    }
    return all;
  } finally {
    await server.stop();
  }
}

/** A server that has served for a while is what is asked: of a young one most of the time is its compiler's. */
async function warmUp(work: () => Promise<unknown>): Promise<void> {
  for (const until = performance.now() + WARM_UP_MS; performance.now() < until;) await work();
}

async function timed(calls: number, work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let call = 0; call < calls; call++) {
    const begun = performance.now();
    await work();
    taken.push(performance.now() - begun);
  }
  return taken;
}

function middle(runs: readonly (readonly number[])[]): Times {
  return {
    p50: rounded(median(runs.map((taken) => median(taken)))),
    p95: rounded(median(runs.map((taken) => percentile(taken, 0.95)))),
  };
}
