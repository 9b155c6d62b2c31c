import { generate, type Watched } from './generate.ts';
import { interleaved, median, memory, rounded } from './measure.ts';
import type { BenchOptions, BenchResult } from './result.ts';
import { onStage, say } from './stage.ts';
import type { TrafficName } from './traffic.ts';

export interface BesideLimit {
  readonly bench: string;
  readonly traffic: TrafficName;
  readonly connections: number;
  /** How much there is to book. */
  readonly rooms?: number;
  readonly places?: number;
  /** Share of the limit that performance goals ask for. */
  readonly goal: number;
}

type Run = Awaited<ReturnType<typeof generate>>;

const LENGTHS = {
  quick: { pairs: 2, warmUpSeconds: 1, seconds: 4 },
  full: { pairs: 5, warmUpSeconds: 2, seconds: 8 },
};

/** Sends the same traffic to Holdfast and to the limit server, in turns, and compares the rates of each pair. */
export async function besideLimit(bench: BesideLimit, { quick }: BenchOptions): Promise<BenchResult> {
  const { pairs, ...length } = quick ? LENGTHS.quick : LENGTHS.full;
  const { traffic, connections, goal } = bench;
  const runs = await onStage(bench, async ({ holdfast, limit, base, key, rooms, places, settle }) => {
    const from = Math.ceil(Date.now() / 3_600_000) * 3_600_000 + 86_400_000;
    const load = async (name: string, at: { url: string; watched: Watched }, run: number) => {
      const ground = { base, rooms, places, from, run, runs: 2 * pairs + 1 };
      const report = await generate(
        { url: at.url, key, traffic, ground, connections, ...length },
        at.watched,
      );
      say(`${name} ${described(report)}`);
      return report;
    };
    await load('warm-up ', holdfast, 2 * pairs);
    await settle();
    const taken = await interleaved(
      pairs,
      (run) => load('holdfast', holdfast, run),
      (run) => load('limit   ', limit, run),
    );
    return { ...taken, memory: await memory(holdfast.pid) };
  });
  const [holdfast, limit] = [summary(runs.a), summary(runs.b)];
  // Of each pair, not of the medians: what else the machine does hits both halves of a pair alike.
  const ratios = runs.a.map((run, pair) => run.rate / (runs.b[pair]?.rate ?? NaN));
  return {
    bench: bench.bench,
    ratio: rounded(median(ratios)),
    unit: 'of the limit',
    ok: [...runs.a, ...runs.b].every(wentWell),
    goal,
    ratios: ratios.map(rounded),
    connections,
    rooms: bench.rooms,
    places: bench.places,
    holdfast: { ...holdfast, rssPeakMb: rounded(runs.memory?.peakMb ?? NaN) },
    limit,
  };
}

/** Each collision costs exactly one request its place, so more refusals than collisions are wrong ones. */
function wentWell({ statuses, collisions, errors }: Run): boolean {
  const { 200: done = 0, 201: held = 0, 409: refused = 0, ...others } = statuses;
  return done + held > 0 && refused <= collisions && errors === 0 && Object.keys(others).length === 0;
}

export function summary(runs: readonly Run[]) {
  const middle = (of: (run: Run) => number) => rounded(median(runs.map(of)));
  const statuses: Record<string, number> = {};
  for (const run of runs)
    for (const [status, count] of Object.entries(run.statuses))
      statuses[status] = (statuses[status] ?? 0) + count;
  const processes = Object.keys(runs[0]?.cores ?? {});
  return {
    rate: middle((run) => run.rate),
    p50: middle((run) => run.p50),
    p95: middle((run) => run.p95),
    p99: middle((run) => run.p99),
    rates: runs.map((run) => rounded(run.rate)),
    cores: Object.fromEntries(processes.map((name) => [name, middle((run) => run.cores[name] ?? NaN)])),
    statuses,
    errors: runs.reduce((sum, run) => sum + run.errors, 0),
  };
}

export function described({ rate, p50, p95, p99, cores, statuses, errors }: Run): string {
  const busy = Object.entries(cores).map(([name, used]) => `${name} ${used}`);
  return (
    `${rate.toFixed(0)}/s, p50 ${p50.toFixed(1)} p95 ${p95.toFixed(1)} p99 ${p99.toFixed(1)} ms; ` +
    `cores: ${busy.join(', ')}; answers: ${JSON.stringify(statuses)}, errors: ${errors}`
  );
}
