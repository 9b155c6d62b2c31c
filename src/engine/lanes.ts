import { unavailable } from '../platform/errors.ts';
import type { Uuid } from '../platform/id.ts';
import type { RunBatch, Verdict } from './batch.ts';
import type { Command, Outcome } from './command.ts';

/** Commands of one batch: past 256 a batch no longer gets cheaper by the command, it only gets slower. */
const BATCH_COMMANDS = 256;
/** Lines of one batch: a few huge requests must not make everybody's batch too slow for its deadline. */
const BATCH_LINES = 1_000;
/**
 * In a rush a second batch follows the first on its heels: while the first is decided or commits, the second waits at its
 * locks, and the database never idles for a round trip. More than two only wait for each other.
 */
const BATCHES_IN_A_RUSH = 2;
const RUSH_COMMANDS = 64;
/** Commands of one tenant that may wait; more are turned away at once. */
const QUEUE_COMMANDS = 5_000;
/** A command that waited longer is turned away: its caller has given up or soon will. */
const QUEUE_AGE_MS = 2_500;

interface Waiting {
  command: Command;
  since: number;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

interface Lane {
  tenant: Uuid;
  queue: Waiting[];
  /** Batches that are in the database or about to be. */
  running: number;
}

/** Told of every batch: how many commands, how long the first had waited, how long it was in the database. */
export type OnBatch = (batch: { commands: number; waitedMs: number; tookMs: number }) => void;

export interface Lanes {
  submit(tenant: Uuid, command: Command): Promise<Outcome>;
  /** Commands of a tenant that wait for their batch. */
  waiting(tenant: Uuid): number;
  /** Resolves when nothing waits or runs; commands submitted later are turned away. */
  drain(): Promise<void>;
}

/**
 * One lane per tenant: while a batch of it is in the database, arriving commands wait and form the next. Lanes
 * take turns at `width` places, so a tenant in a rush delays another by a batch or two and never by its queue.
 */
export function openLanes(
  run: RunBatch,
  width: number,
  clock: () => number = performance.now.bind(performance),
  onBatch?: OnBatch,
): Lanes {
  const lanes = new Map<Uuid, Lane>();
  const ready: Lane[] = [];
  let places = width;
  let closing = false;
  let emptied: (() => void) | undefined;

  function submit(tenant: Uuid, command: Command): Promise<Outcome> {
    if (closing) return Promise.reject(unavailable('This server is shutting down. Please try again.'));
    const lane = lanes.get(tenant) ?? open(tenant);
    if (lane.queue.length >= QUEUE_COMMANDS)
      return Promise.reject(
        unavailable('Too many requests are waiting for this company. Please try again shortly.'),
      );
    return new Promise((resolve, reject) => {
      lane.queue.push({ command, since: clock(), resolve, reject });
      if (!isDue(lane)) return;
      queueUp(lane);
      setImmediate(fill); // one turn later: requests that arrived in the same packet share the first batch
    });
  }

  function open(tenant: Uuid): Lane {
    const lane = { tenant, queue: [], running: 0 };
    lanes.set(tenant, lane);
    return lane;
  }

  function queueUp(lane: Lane): void {
    lane.running += 1;
    ready.push(lane);
  }

  function fill(): void {
    while (places > 0) {
      const lane = ready.shift();
      if (lane === undefined) return;
      places -= 1;
      void work(lane);
    }
  }

  async function work(lane: Lane): Promise<void> {
    const batch = takeBatch(lane, clock() - QUEUE_AGE_MS);
    const commands = batch.map((waiting) => waiting.command);
    const begun = clock();
    const waitedMs = begun - (batch[0]?.since ?? begun);
    const verdicts = commands.length === 0 ? [] : await run(lane.tenant, commands, waitedMs);
    if (batch.length > 0) onBatch?.({ commands: batch.length, waitedMs, tookMs: clock() - begun });
    places += 1;
    lane.running -= 1;
    if (isDue(lane)) queueUp(lane);
    fill();
    // The next batch is on its way before the answers are written, which takes as long as the database needs for it.
    setImmediate(() => {
      answer(batch, verdicts);
      if (lane.running === 0 && lane.queue.length === 0) close(lane);
    });
  }

  function close(lane: Lane): void {
    if (lanes.get(lane.tenant) === lane) lanes.delete(lane.tenant);
    if (lanes.size === 0) emptied?.();
  }

  function drain(): Promise<void> {
    closing = true;
    return lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => (emptied = resolve));
  }

  return { submit, waiting: (tenant) => lanes.get(tenant)?.queue.length ?? 0, drain };
}

function answer(batch: readonly Waiting[], verdicts: readonly Verdict[]): void {
  batch.forEach((waiting, i) => {
    const verdict = verdicts[i];
    if (verdict?.status === 'fulfilled') waiting.resolve(verdict.value);
    else waiting.reject(verdict?.reason);
  });
}

/** Whether a lane should have one more batch under way. */
function isDue({ queue, running }: Lane): boolean {
  return running === 0
    ? queue.length > 0
    : running < BATCHES_IN_A_RUSH && queue.length >= RUSH_COMMANDS * running;
}

/** The next batch of a lane, without those who came before `oldest`. */
function takeBatch(lane: Lane, oldest: number): Waiting[] {
  let lines = 0;
  const found = lane.queue.findIndex(({ command }, i) => {
    lines += linesOf(command);
    return i >= BATCH_COMMANDS || (lines > BATCH_LINES && i > 0);
  });
  return lane.queue.splice(0, found < 0 ? lane.queue.length : found).filter((waiting) => {
    if (waiting.since >= oldest) return true;
    waiting.reject(unavailable('This request waited too long for its turn. Please try again.'));
    return false;
  });
}

/** As many as a command names: what a request wishes for is locked and taken like the lines of a hold. */
function linesOf(command: Command): number {
  if (command.verb === 'approve') return command.wishes?.lines.length ?? 1;
  return 'lines' in command ? command.lines.length : 1;
}
