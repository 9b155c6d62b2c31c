/**
 * The only place where a SQLSTATE or a driver's error becomes a word of ours.
 *
 * - `unique` `reference` `check` `exclusion`: a constraint refused; `constraint` names it
 * - `busy`: a lock, deadlock or time limit; the same transaction may simply be run again
 * - `lost`: the connection or the server went away; whether a COMMIT on its way took effect is unknown
 * - `full`: the server has no room to write
 * - `other`: a defect of ours
 */
export type FaultKind = 'unique' | 'reference' | 'check' | 'exclusion' | 'busy' | 'lost' | 'full' | 'other';

export class DatabaseFault extends Error {
  readonly kind: FaultKind;
  readonly sqlState: string;
  readonly constraint: string;

  constructor(kind: FaultKind, sqlState: string, constraint: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'DatabaseFault';
    this.kind = kind;
    this.sqlState = sqlState;
    this.constraint = constraint;
  }
}

const KIND_OF_STATE: Readonly<Record<string, FaultKind>> = {
  '23505': 'unique',
  '23503': 'reference',
  '23514': 'check',
  '23P01': 'exclusion',
  '40001': 'busy',
  '40P01': 'busy',
  '55P03': 'busy', // lock_timeout, nowait
  '57014': 'busy', // statement_timeout
  '53300': 'busy', // too many connections
  '0A000': 'busy', // "cached plan must not change result type" after a migration: prepared anew on the next try
  '25P02': 'other', // a statement after the one that failed: never the first error of a transaction
  '25P03': 'lost', // idle_in_transaction_session_timeout
  '25006': 'lost', // the primary became a standby
  '57P01': 'lost',
  '57P02': 'lost',
  '57P03': 'lost',
  '53100': 'full',
  '53200': 'full',
};

/** Any error of the driver as a fault. */
export function asFault(error: unknown): DatabaseFault {
  if (error instanceof DatabaseFault) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const state = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
  if (state === '') return new DatabaseFault('lost', '', '', error); // driver and socket errors carry no SQLSTATE
  const kind = KIND_OF_STATE[state] ?? (state.startsWith('08') ? 'lost' : 'other');
  return new DatabaseFault(kind, state, constraintIn(String(message)), error);
}

// A distributed PostgreSQL leaves the driver's `constraint` field empty and adds the shard's number to the name
// in the message, so the name is read from there.
function constraintIn(message: string): string {
  const name = /constraint "([^"]+)"/.exec(message)?.[1] ?? '';
  return name.replace(/_\d+$/, '');
}
