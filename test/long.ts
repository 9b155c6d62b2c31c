import { longKills } from './chaos/long-kills.ts';
import { longOnSale } from './chaos/long-on-sale.ts';
import { longExplain } from './explain/long.ts';
import { longExport } from './export-memory.ts';
import { longModel } from './model/long.ts';
import { longSimulation } from './simulator/long-simulation.ts';

/**
 * `npm run test:long [-- name ...]`: what takes too long for `npm test`. A suite shows how far it is, prints its table
 * at the end and leaves nothing running; the exit code is 0 only when all of them are content.
 */
interface LongSuite {
  /** About how long it takes on two cores. */
  minutes: number;
  what: string;
  run(say: (line: string) => void, signal: AbortSignal): Promise<boolean>;
}

const suites: Readonly<Record<string, LongSuite>> = {
  kills: {
    minutes: 8,
    what: 'servers and PostgreSQL killed 256 times under customers who keep a ledger',
    run: longKills,
  },
  'on-sale': {
    minutes: 3,
    what: '40 000 buyers of 25 000 places over 1 000 connections, and a server killed in the middle',
    run: longOnSale,
  },
  model: {
    minutes: 6,
    what: '32 actors, and a model that must explain every answer they get',
    run: longModel,
  },
  export: {
    minutes: 5,
    what: 'a million bookings and a million attendees exported by servers whose memory is watched',
    run: longExport,
  },
  explain: {
    minutes: 2,
    what: 'the plans of all statements on a million bookings',
    run: longExplain,
  },
  simulation: {
    minutes: 10,
    what: 'a hundred million events around the pure core, in worlds of servers, crashes and lost messages',
    run: longSimulation,
  },
};

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !Object.hasOwn(suites, name));
  if (unknown.length > 0) {
    console.error(`There is no suite ${unknown.join(', ')}. There are:`);
    for (const [name, { minutes, what }] of Object.entries(suites))
      console.error(`  ${name} (about ${minutes} min): ${what}`);
    return 1;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const failed: string[] = [];
  for (const [name, suite] of Object.entries(suites)) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.log(`== ${name}: ${suite.what} (about ${suite.minutes} min)`);
    const begun = Date.now();
    const content = await suite.run(console.log, stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
      return false;
    });
    if (stop.signal.aborted) {
      console.log(`== ${name}: stopped before its end`);
      return 1;
    }
    console.log(
      `== ${name}: ${content ? 'all promises kept' : 'FAILED'} after ${Math.round((Date.now() - begun) / 1_000)} s`,
    );
    if (!content) failed.push(name);
  }
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
