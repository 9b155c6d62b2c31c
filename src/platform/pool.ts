import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { asFault, DatabaseFault } from './fault.ts';
import type { PoolState } from './metrics.ts';

/** Is told what a pool does, for metrics and the log of slow statements. */
export interface PoolWatch {
  /** `tookMs` counts from when the statement before it on the same connection was answered. */
  statement(name: string, tookMs: number, rows: number): void;
  statementFailed(name: string): void;
  connectionRefused(): void;
}

/** Transactions that may wait for a connection: more could not all be served before they give up. */
const MOST_WAITING = 5_000;
const GOODBYE_MS = 1_000;
/** What the pool says of a wait that was too long; it has no code for it. */
const WAITED_TOO_LONG = 'timeout exceeded when trying to connect';

/** A connection for one transaction. Rejects with a fault `busy` when all of them stay in use. */
export async function takeConnection(pool: pg.Pool, watch: PoolWatch | undefined): Promise<pg.PoolClient> {
  if (pool.waitingCount >= MOST_WAITING) throw allInUse(watch);
  try {
    return await pool.connect();
  } catch (error) {
    // The same words come when the server does not answer, but then the pool is not full of connections.
    const isFull = pool.totalCount >= pool.options.max;
    if (isFull && error instanceof Error && error.message === WAITED_TOO_LONG) throw allInUse(watch);
    throw asFault(error);
  }
}

/** Transactions end first. A server that hangs never says goodbye, and its sockets would keep the process alive. */
export function closerOf(pool: pg.Pool): () => Promise<void> {
  const open = new Set<pg.PoolClient>();
  pool.on('connect', (client) => open.add(client));
  pool.on('remove', (client) => open.delete(client));
  return async () => {
    await pool.end();
    setTimeout(() => open.forEach((client) => streamOf(client).destroy()), GOODBYE_MS).unref();
  };
}

export function streamOf(client: pg.PoolClient): Duplex {
  return (client as unknown as { connection: { stream: Duplex } }).connection.stream;
}

function allInUse(watch: PoolWatch | undefined): DatabaseFault {
  watch?.connectionRefused();
  return new DatabaseFault('busy', '', '', 'every connection of the pool is in use (DATABASE_POOL_SIZE)');
}

export function stateOf(pool: pg.Pool): PoolState {
  const { totalCount: open, idleCount, waitingCount: waiting } = pool;
  return { size: pool.options.max, open, inUse: open - idleCount, waiting };
}

/**
 * Takes the time of the statements of one connection. They travel together and are carried out one after the other, so
 * that a statement's own time begins when the one before it was answered.
 */
export function openStopwatch(watch: PoolWatch | undefined) {
  let answeredAt = 0;
  return async <R extends pg.QueryResult>(name: string, send: () => Promise<R>): Promise<R> => {
    if (watch === undefined) return send();
    const sentAt = performance.now();
    try {
      const result = await send();
      const now = performance.now();
      watch.statement(name, now - Math.max(sentAt, answeredAt), result.rowCount ?? 0);
      answeredAt = now;
      return result;
    } catch (error) {
      answeredAt = performance.now();
      watch.statementFailed(name);
      throw error;
    }
  };
}
