import { setImmediate } from 'node:timers/promises';
import { TRANSACTION_DEADLINE_MS, type Database, type Transaction } from '../platform/db.ts';
import { unavailable } from '../platform/errors.ts';
import { DatabaseFault } from '../platform/fault.ts';
import type { Uuid } from '../platform/id.ts';
import type { Log } from '../platform/log.ts';
import type { Command, Outcome } from './command.ts';
import { decide, type Decided } from './decide.ts';
import type { AtFaultPoint } from './fault-point.ts';
import { lockAndRead } from './read.ts';
import { isEmpty, write } from './write.ts';

export type Verdict = PromiseSettledResult<Outcome>;
/** `waitedMs`: how long the oldest of the commands has waited for its batch. */
export type RunBatch = (tenant: Uuid, commands: readonly Command[], waitedMs: number) => Promise<Verdict[]>;

export interface BatchOptions {
  db: Database;
  log: Log;
  /** False takes the locks out: the control that shows the race tests can fail. */
  guarded: boolean;
  /** Lets a test stop or end a batch at its fault points. */
  at?: AtFaultPoint | undefined;
}

const MOST_DRIFTS = 3;
/**
 * A first try that took longer waited for a lock or a dead network, and would again: its callers are told within 5 s.
 * Deadlocks are found after 1 s, cut connections and twins at once.
 */
const RETRY_WITHIN_MS = 1_500;
/** A batch whose oldest command waited long has this much left at least: what a lock may take, by lock_timeout. */
const SHORTEST_TRY_MS = 2_000;
const DRIFTING = 'This booking is being changed by others at this moment. Please try again.';

/** Whose batch it is, and when its callers should have their answers, by the clock of `performance`. */
interface Call {
  tenant: Uuid;
  answerBy: number;
}

/**
 * Runs batches on `db`. A batch never rejects: each command gets its outcome or its error. What may pass by itself
 * (a deadlock, a lost connection, a twin that committed in between) is tried once more down the same road, where
 * the locks and keys wait for whatever an earlier try may still commit; then the answer is a clean 503.
 */
export function batchRunner({ db, log, guarded, at }: BatchOptions): RunBatch {
  async function attempt({ tenant, answerBy }: Call, commands: readonly Command[], again: boolean) {
    if (at) await at('begin', commands);
    let sent: Promise<void> | undefined;
    const inBatch = async (tx: Transaction): Promise<Decided[]> => {
      const snapshot = await lockAndRead(tx, commands, { again, guarded });
      if (at) await at('locked', commands);
      const { outcomes, writes } = decide(commands, snapshot);
      if (at) await at('decided', commands);
      if (!isEmpty(writes)) write(tx, writes, snapshot.now);
      // The COMMIT leaves within this turn of the event loop; its reply cannot be seen before the next.
      if (at) sent = setImmediate().then(() => at('sent', commands));
      return outcomes;
    };
    const leftMs = Math.max(SHORTEST_TRY_MS, answerBy - performance.now());
    const decided = await db.inTenant(tenant, inBatch, leftMs);
    await sent;
    if (at) await at('committed', commands);
    return decided;
  }

  async function run(
    call: Call,
    commands: readonly Command[],
    alone: boolean,
    drifts = 0,
  ): Promise<Verdict[]> {
    const { tenant } = call;
    let fault: DatabaseFault | undefined;
    const begun = performance.now();
    for (const again of [false, true]) {
      try {
        return await settle(call, commands, await attempt(call, commands, again), drifts);
      } catch (error) {
        fault = error instanceof DatabaseFault ? error : new DatabaseFault('other', '', '', error);
        if (!passes(fault) || performance.now() - begun > RETRY_WITHIN_MS) break;
        log.debug({ err: fault, tenant, size: commands.length, again }, 'a batch failed and may pass');
      }
    }
    const reason = fault !== undefined && passes(fault) ? busy(fault) : fault;
    if (reason !== fault) return commands.map(() => ({ status: 'rejected', reason }));
    log.error(
      { err: fault, tenant, size: commands.length },
      'defect: the database refused what the engine decided',
    );
    if (alone) return commands.map(() => ({ status: 'rejected', reason }));
    return oneByOne(call, commands);
  }

  // A booking that moved to other resources while its locks were waited for is locked anew where it is now.
  async function settle(
    call: Call,
    commands: readonly Command[],
    decided: readonly Decided[],
    drifts: number,
  ): Promise<Verdict[]> {
    const lost: Verdict = { status: 'rejected', reason: unavailable(DRIFTING) };
    const verdicts: Verdict[] = [];
    for (const [i, value] of decided.entries()) {
      if (value.result !== 'adrift') verdicts.push({ status: 'fulfilled', value });
      else if (drifts === MOST_DRIFTS) verdicts.push(lost);
      else verdicts.push(...(await run(call, commands.slice(i, i + 1), true, drifts + 1)));
    }
    return verdicts;
  }

  // One command of the batch is to blame: alone, the others get what they asked for.
  async function oneByOne(call: Call, commands: readonly Command[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const command of commands) verdicts.push(...(await run(call, [command], true)));
    return verdicts;
  }

  return (tenant, commands, waitedMs) =>
    run({ tenant, answerBy: performance.now() + TRANSACTION_DEADLINE_MS - waitedMs }, commands, false);
}

// A unique violation is a twin of an idempotency key that committed after this batch had read: it is found next time.
function passes(fault: DatabaseFault): boolean {
  const isTwin = fault.kind === 'unique' && fault.constraint === 'idempotency_pkey';
  return fault.kind === 'busy' || fault.kind === 'lost' || fault.kind === 'full' || isTwin;
}

function busy(fault: DatabaseFault): Error {
  return unavailable(
    fault.kind === 'full'
      ? 'The database has no room to write. Please try again later.'
      : 'The booking engine could not finish in time. Please try again with the same Idempotency-Key.',
    fault.kind === 'full' ? 30 : 1,
  );
}
