import type { Engine } from '../engine/index.ts';
import type { Database } from '../platform/db.ts';
import type { Log } from '../platform/log.ts';
import { REMEMBER_EVERY_MS, type Metrics } from '../platform/metrics.ts';
import { forgetChanges } from './forget-changes.ts';
import { forgetKeys } from './forget-keys.ts';
import { forgetLimits } from './forget-limits.ts';
import { summing } from './sum-bookings.ts';
import { DUE_AT_ONCE, sweep } from './sweeper.ts';

/** Something that is done again and again. */
export interface Task {
  name: string;
  everyMs: number;
  /** Does one step; true when there is more to do at once. */
  step(): Promise<boolean>;
}

interface Recurring {
  db: Database;
  engine: Engine;
  metrics: Pick<Metrics, 'remember'>;
  /** How long the record of what happened is kept. */
  changesKeptDays: number;
}

/** Everything that recurs. */
export function recurringTasks({ db, engine, metrics, changesKeptDays }: Recurring): Task[] {
  const remember = async () => {
    await metrics.remember();
    return false;
  };
  return [
    { name: 'end expired holds', everyMs: 1_000, step: async () => (await sweep(db, engine)) >= DUE_AT_ONCE },
    { name: 'forget old idempotency keys', everyMs: 3_600_000, step: async () => (await forgetKeys(db)) > 0 },
    {
      name: 'forget limits of days gone by',
      everyMs: 3_600_000,
      step: async () => (await forgetLimits(db)) > 0,
    },
    {
      name: 'forget changes of long ago',
      everyMs: 3_600_000,
      step: async () => (await forgetChanges(db, changesKeptDays)) > 0,
    },
    { name: 'sum bookings for reports', everyMs: 5_000, step: summing(db) },
    { name: 'remember the counts of this moment', everyMs: REMEMBER_EVERY_MS, step: remember },
  ];
}

/**
 * Does each task now and every so often. One that fails is tried again at its next turn. Returns a function that stops
 * them and waits for the steps under way.
 */
export function startRecurring(tasks: readonly Task[], log: Log): () => Promise<void> {
  const stops = tasks.map((task) => start(task, log));
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

function start({ name, everyMs, step }: Task, log: Log): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let turn = Promise.resolve();

  async function take(): Promise<void> {
    try {
      while (!stopped && (await step()));
    } catch (error) {
      log.warn({ err: error, task: name }, 'a recurring task failed; its next turn tries again');
    }
    if (!stopped) timer = setTimeout(next, everyMs);
  }
  const next = () => {
    turn = take();
  };
  next();

  return () => {
    stopped = true;
    clearTimeout(timer);
    return turn;
  };
}
