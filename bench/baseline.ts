import { generate, type Watched } from './generate.ts';
import { described, summary } from './beside-limit.ts';
import type { LoadReport } from './load.ts';
import { interleaved, median, rounded } from './measure.ts';
import type { BenchOptions, BenchResult } from './result.ts';
import { onStage, say } from './stage.ts';
import type { Place, TrafficName } from './traffic.ts';
import { startUsualDesign } from './usual-design.ts';

const EVENTS = { places: 100, sectionsPerEvent: 5 };
const LENGTHS = {
  quick: { pairs: 2, warmUpSeconds: 1, seconds: 4 },
  full: { pairs: 5, warmUpSeconds: 2, seconds: 8 },
};

/** `mixed` of events alone, and the rush on one section by as many clients as the usual design takes best and by 1 000. */
const LOADS: readonly { name: string; traffic: TrafficName; connections: number; places: number }[] = [
  { name: 'mixed', traffic: 'events', connections: 150, places: EVENTS.places },
  { name: 'rush of 200', traffic: 'admissions', connections: 200, places: 1 },
  { name: 'rush of 1 000', traffic: 'admissions', connections: 1_000, places: 1 },
];

/** One of the two systems, and how it is asked. */
interface Side {
  name: string;
  url: string;
  base: string;
  key: string;
  places: readonly Place[];
  isUsual: boolean;
  watched: Watched;
}

/** The same traffic on Holdfast and on the field's usual design beside it, in turns, on one PostgreSQL. */
export async function baseline({ quick, folder }: BenchOptions): Promise<BenchResult> {
  if (folder === undefined)
    throw new Error('Say where the usual design lies: npm run bench -- baseline <folder>');
  const { pairs, ...length } = quick ? LENGTHS.quick : LENGTHS.full;
  const loads = await onStage(EVENTS, async (stage) => {
    const { holdfast, base, key, places, settle, database, ownerUrl, directory } = stage;
    const usual = await startUsualDesign(folder, { ownerUrl, directory });
    const own: Side = { ...holdfast, base, key, places, isUsual: false, name: 'holdfast' };
    const watched = { server: { pid: usual.pid }, ...database };
    const theirs: Side = { ...usual, base: '', isUsual: true, watched, name: 'usual   ' };
    try {
      const taken = [];
      for (const load of LOADS) {
        const ask = async (side: Side, run: number) => {
          const { url, key: bearer, base: path, isUsual } = side;
          const ground = {
            base: path,
            rooms: [],
            places: side.places.slice(0, load.places),
            isUsual,
            from: 0,
          };
          const order = { url, key: bearer, traffic: load.traffic, connections: load.connections, ...length };
          const report = await generate(
            { ...order, ground: { ...ground, run, runs: 2 * pairs } },
            side.watched,
          );
          say(`${load.name}: ${side.name} ${described(report)}`);
          return report;
        };
        await Promise.all([settle(), usual.settle()]);
        const runs = await interleaved(
          pairs,
          (run) => ask(own, run),
          (run) => ask(theirs, run),
        );
        taken.push({ name: load.name, ...runs });
      }
      return taken;
    } finally {
      await usual.stop();
    }
  });
  const compared = loads.map(({ name, a, b }) => ({
    name,
    ratio: rounded(median(a.map((run, pair) => good(run) / good(b[pair])))),
    holdfast: { good: rounded(median(a.map(good))), ...summary(a) },
    usual: { good: rounded(median(b.map(good))), ...summary(b) },
  }));
  return {
    bench: 'baseline',
    ratio: compared[0]?.ratio ?? NaN,
    unit: 'times the good answers of the usual design, in mixed traffic',
    ok: loads.every(({ a }) => a.every((run) => run.errors === 0 && failures(run) === 0)),
    loads: compared,
  };
}

/** Answers per second that gave what was asked for; a refusal for want of time is none. */
function good(run: LoadReport | undefined): number {
  if (run === undefined) return NaN;
  const all = Object.values(run.statuses).reduce((sum, count) => sum + count, 0);
  return run.rate * (1 - failures(run) / all);
}

function failures({ statuses }: LoadReport): number {
  const { 200: _seen, 201: _held, ...others } = statuses;
  return Object.values(others).reduce((sum, count) => sum + count, 0);
}
