import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { replay, search, shrink, type Failure, type Searched } from './search.ts';
import { storyOf } from './story.ts';

/**
 * `npm run simulate -- [--events 1e6] [--seed n]`: worlds of servers, clients, crashes and lost messages around the
 * engine's pure core, one after the other, until so many things have happened. One that breaks a promise is told by
 * its seed and as the few happenings that it takes.
 */
const USAGE = 'Use: npm run simulate -- [--events 1e6] [--seed 1]';
const MOST_SEED = 2 ** 31;

function main(args: readonly string[]): number {
  const asked = read(args);
  if (asked === undefined) {
    console.error(USAGE);
    return 2;
  }
  const begun = process.cpuUsage();
  const searched = search(asked.seed, asked.events);
  const seconds = process.cpuUsage(begun).user / 1e6;
  report(searched, asked.seed, seconds);
  if (searched.failure === undefined) return 0;
  explain(searched.failure);
  return 1;
}

function read(args: readonly string[]): { seed: number; events: number } | undefined {
  try {
    const options = { events: { type: 'string', default: '1e6' }, seed: { type: 'string' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const events = Number(values.events);
    const seed = values.seed === undefined ? randomInt(MOST_SEED) : Number(values.seed);
    const isSound = events >= 1 && Number.isFinite(events) && Number.isSafeInteger(seed) && seed >= 0;
    return isSound ? { seed, events } : undefined;
  } catch {
    return undefined; // an option that does not exist
  }
}

function report({ events, worlds, tally }: Searched, seed: number, seconds: number): void {
  for (const [what, times] of [...tally].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${String(times).padStart(10)}  ${what}`);
  const perMinute = ((events / seconds) * 60) / 1e6;
  console.log(
    `${events} events in ${worlds} worlds from seed ${seed}: ${seconds.toFixed(1)} s of one core, ${perMinute.toFixed(1)} million a minute.`,
  );
}

function explain(failure: Failure): void {
  console.error(`\nBroken: ${failure.violation.message}`);
  console.error(`Again:  npm run simulate -- --seed ${failure.seed} --events 1`);
  const few = shrink(failure);
  console.error(`${few.length} of its ${failure.happened.length} happenings break it too:`);
  for (const line of withoutRepeats(few.map(storyOf))) console.error(`  ${line}`);
  console.error(`  => ${replay(few)?.message}`);
}

function withoutRepeats(lines: readonly string[]): string[] {
  const told: { line: string; times: number }[] = [];
  for (const line of lines) {
    const last = told.at(-1);
    if (last?.line === line) last.times += 1;
    else told.push({ line, times: 1 });
  }
  return told.map(({ line, times }) => (times === 1 ? line : `${line} (${times} times)`));
}

process.exitCode = main(process.argv.slice(2));
