import { runKills, type Run, type Tally } from './run.ts';
import { blows } from './storm.ts';
import { harm, table, type Row } from './table.ts';

const RUNS = 8;
/** How often each kind of blow falls in a run: 8 runs of 8 kinds make 256 kills. */
const EACH_BLOW = 4;
const RANGE: Run['range'] = { rooms: 3, slots: 24, seats: 40, standing: 120 };

/** Kills servers and PostgreSQL 256 times, half of it with the sweeper off. True when every promise was kept. */
export async function longKills(say: (line: string) => void, signal: AbortSignal): Promise<boolean> {
  const rows: Row[] = [];
  const plan = Array.from({ length: EACH_BLOW }, () => blows).flat();
  for (let i = 1; i <= RUNS; i++) {
    const sweeper = i % 2 === 0 ? 'on' : 'off';
    const progress = (struck: number) => say(`run ${i} of ${RUNS}: ${struck} of ${plan.length} kills`);
    const tally = await runKills({ plan, sweeper, range: RANGE, progress, signal });
    for (const line of harm(tally)) say(`run ${i}: ${line}`);
    rows.push({ name: `${i}, sweeper ${sweeper}`, tally });
  }
  rows.push({ name: 'in all', tally: added(rows.map(({ tally }) => tally)) });
  say(`\n${table(rows)}`);
  return rows.every(({ tally }) => harm(tally).length === 0);
}

function added(tallies: readonly Tally[]): Tally {
  return tallies.reduce((all, each) => ({
    acknowledged: all.acknowledged + each.acknowledged,
    refused: all.refused + each.refused,
    unknown: all.unknown + each.unknown,
    resolved: all.resolved + each.resolved,
    sold: all.sold + each.sold,
    capacity: all.capacity + each.capacity,
    struck: [...all.struck, ...each.struck],
    outageMs: Math.max(all.outageMs, each.outageMs),
    findings: joined(all.findings, each.findings),
  }));
}

function joined(some: Tally['findings'], more: Tally['findings']): Tally['findings'] {
  const kinds = Object.keys(some) as (keyof typeof some)[];
  const both = kinds.map((kind) => [kind, [...some[kind], ...more[kind]]]);
  return Object.fromEntries(both) as Tally['findings'];
}
