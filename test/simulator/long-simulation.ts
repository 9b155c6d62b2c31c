import { randomInt } from 'node:crypto';
import { search } from './search.ts';

const EVENTS = 1e8;
/** After so many, the suite says how far it is and whether somebody wants it to stop. */
const SLICE = 1e6;
/** Worlds of a slice: far fewer than the seeds between two of them. */
const SEEDS_OF_A_SLICE = 10_000;
const MOST_SEED = 2 ** 30;

/** A hundred million events from a seed that nobody chose; for the long suites. */
export async function longSimulation(say: (line: string) => void, signal: AbortSignal): Promise<boolean> {
  const first = randomInt(MOST_SEED);
  const begun = performance.now();
  let events = 0;
  for (let seed = first; events < EVENTS && !signal.aborted; seed += SEEDS_OF_A_SLICE) {
    const searched = search(seed, SLICE);
    events += searched.events;
    if (searched.failure !== undefined) {
      say(`Broken: ${searched.failure.violation.message}`);
      say(`Again:  npm run simulate -- --seed ${searched.failure.seed} --events 1`);
      return false;
    }
    if (Math.floor(events / 1e7) > Math.floor((events - searched.events) / 1e7))
      say(`${events} events, nothing broken`);
    await new Promise((resolve) => setImmediate(resolve)); // lets Ctrl-C be heard
  }
  const perMinute = (events / (performance.now() - begun)) * 0.06;
  say(
    `${events} events from seed ${first}, ${perMinute.toFixed(1)} million a minute on one core, nothing broken`,
  );
  return !signal.aborted;
}
