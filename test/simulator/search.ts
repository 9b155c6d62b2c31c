import fc from 'fast-check';
import { Violation } from './audit.ts';
import { calm, choose, type Happening } from './happening.ts';
import { REAL, Simulation } from './simulation.ts';
import { stepsOf } from './steps.ts';
import type { Parts } from './transaction.ts';

/** Steps of one world: short, so that a failing one is replayed in milliseconds and its world is small. */
const STEPS = 2_000;
/** Happenings in which everything must have come to its end once nothing fails any more. */
const MOST_CALM = 20_000;
const LONG_AFTER_MS = 86_400_000;
const MOST_SHRINKS_MS = 30_000;

export interface Failure {
  seed: number;
  violation: Violation;
  happened: Happening[];
}

export interface Searched {
  /** Things that happened; a step at which nothing could happen is none. */
  events: number;
  worlds: number;
  /** How often each verb ended in each result. */
  tally: Map<string, number>;
  failure: Failure | undefined;
}

/** Runs one world after the other, from `seed` on, until so many things have happened or a promise is broken. */
export function search(seed: number, events: number, parts: Parts = REAL): Searched {
  const searched: Searched = { events: 0, worlds: 0, tally: new Map(), failure: undefined };
  for (let at = seed; searched.events < events && searched.failure === undefined; at++) {
    const simulation = new Simulation(parts);
    const happened: Happening[] = [];
    const violation = violationIn(() => live(simulation, at, (what) => happened.push(what)));
    searched.events += happened.length;
    searched.worlds += 1;
    for (const [key, times] of simulation.tally)
      searched.tally.set(key, (searched.tally.get(key) ?? 0) + times);
    if (violation !== undefined) searched.failure = { seed: at, violation, happened };
  }
  return searched;
}

/** The fewest happenings that break the same promise. */
export function shrink({ happened, violation }: Failure, parts: Parts = REAL): Happening[] {
  const breaks = (some: readonly Happening[]) => replay(some, parts)?.promise === violation.promise;
  const few = withoutNeedless(happened, breaks);
  const { counterexample } = fc.check(
    fc.property(fc.subarray(few), (some) => !breaks(some)),
    { examples: [[few]], numRuns: 1, interruptAfterTimeLimit: MOST_SHRINKS_MS },
  );
  return counterexample?.[0] ?? few;
}

/** What of these things happens breaks a promise? */
export function replay(happened: readonly Happening[], parts: Parts = REAL): Violation | undefined {
  const simulation = new Simulation(parts);
  return violationIn(() => {
    for (const what of happened) simulation.happen(what);
  });
}

// First the storm; then all that is open comes to its end; then all holds are over and swept, and all is looked at.
function live(simulation: Simulation, seed: number, happened: (what: Happening) => void): void {
  const happen = (what: Happening | undefined) => {
    if (what === undefined) return;
    happened(what); // before it happens: it may be the last
    simulation.happen(what);
  };
  for (const step of stepsOf(seed, STEPS)) happen(choose(step, simulation.situation));
  for (const ms of [0, LONG_AFTER_MS]) {
    happen({ does: 'wait', ms });
    for (let turn = 0; turn < MOST_CALM; turn++) {
      const next = calm(turn, simulation.situation);
      if (next === undefined) break;
      happen(next);
    }
  }
  simulation.inspect();
}

// Whatever else is thrown is a defect too: of the core (a move that is none) or of the simulator.
function violationIn(work: () => void): Violation | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Violation ? error : new Violation('nothing throws', String(error));
  }
}

// fast-check takes out one at a time, which is slow while there are thousands: first whole stretches, again and again.
function withoutNeedless<T>(all: readonly T[], breaks: (some: readonly T[]) => boolean): T[] {
  let left = [...all];
  for (let size = left.length >> 1; size >= 1; size = Math.min(size, left.length) >> 1)
    for (let at = left.length - size; at >= 0; at -= size) {
      const without = left.toSpliced(at, size);
      if (breaks(without)) left = without;
    }
  return left;
}
