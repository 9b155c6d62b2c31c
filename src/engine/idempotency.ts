import type { Database, Transaction } from '../platform/db.ts';
import { Problem } from '../platform/errors.ts';
import { DatabaseFault, type FaultKind } from '../platform/fault.ts';
import type { Uuid } from '../platform/id.ts';
import type { Idempotency } from './command.ts';
import { twinsOf } from './queries.ts';
import { insertAnswers } from './writes.ts';

export interface Answer {
  status: number;
  /** JSON text as it goes out. */
  body: string;
  /** True when this is the kept answer of an earlier call. */
  replayed: boolean;
}

type Asked = Omit<Idempotency, 'render' | 'status'>;

/** "Try again": whoever has waited for the database once is not kept waiting a second time. */
const PASSING: ReadonlySet<FaultKind> = new Set(['busy', 'lost', 'full']);

/**
 * Runs a write that is no engine command at most once per idempotency key: its answer is kept in the same transaction.
 * Without a key it simply runs. Throws `idempotency_key_reused` when the key was used for another request.
 */
export async function once(
  db: Database,
  tenant: Uuid,
  asked: Asked | undefined,
  work: (tx: Transaction) => Promise<{ status: number; body: string }>,
): Promise<Answer> {
  if (asked === undefined)
    return db.inTenant(tenant, async (tx) => ({ ...(await work(tx)), replayed: false }));
  try {
    return await db.inTenant(tenant, async (tx) => {
      const kept = await findAnswer(tx, asked);
      if (kept !== undefined) return kept;
      const made = await work(tx);
      await keepAnswer(tx, asked, made);
      return { ...made, replayed: false };
    });
  } catch (error) {
    if (error instanceof DatabaseFault && PASSING.has(error.kind)) throw error;
    // Whatever else stood in the way, a name taken or the key itself, may be the work of a twin that committed meanwhile.
    const kept = await db.inTenant(tenant, (tx) => findAnswer(tx, asked));
    if (kept !== undefined) return kept;
    throw error;
  }
}

/**
 * Runs `work`; when it refuses, the call may still be the repetition of one that succeeded while that was possible, and
 * then it is answered with the kept answer.
 */
export async function orKept(
  db: Database,
  tenant: Uuid,
  asked: Asked | undefined,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    // "Try again" is no refusal, and a database that cannot be reached would keep the caller waiting a second time.
    if (asked === undefined || !(error instanceof Problem) || error.code === 'unavailable') throw error;
    const kept = await db.inTenant(tenant, (tx) => findAnswer(tx, asked));
    if (kept !== undefined) return kept;
    throw error;
  }
}

export function keyReused(): Problem {
  return new Problem(
    'idempotency_key_reused',
    'This Idempotency-Key was used for another request. Use a new key for a new request.',
  );
}

async function findAnswer(tx: Transaction, asked: Asked): Promise<Answer | undefined> {
  const [twin] = await tx.run(twinsOf, [asked.principal], [asked.route], [asked.key]);
  if (twin === undefined) return undefined;
  if (!twin.fingerprint.equals(asked.fingerprint)) throw keyReused();
  return { status: twin.status, body: twin.body, replayed: true };
}

async function keepAnswer(
  tx: Transaction,
  asked: Asked,
  made: { status: number; body: string },
): Promise<void> {
  const { principal, route, key, fingerprint } = asked;
  await tx.run(insertAnswers, [principal], [route], [key], [fingerprint], [made.status], [made.body], null);
}
