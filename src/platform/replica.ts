import type { Database } from './db.ts';
import { DatabaseFault } from './fault.ts';
import type { Uuid } from './id.ts';
import type { Log } from './log.ts';
import { statement } from './statement.ts';

/** Reads that may be a little old: reports, exports, lists of the catalogue. Never a sale, a permission, one's own booking. */
export type Reads = Pick<Database, 'read'>;

export interface Replica extends Reads {
  /** What it knows of the replica at this moment; `lagMs` is Infinity until it was heard from. */
  state(): { usable: boolean; lagMs: number; reads: number; fallbacks: number };
  close(): Promise<void>;
}

export interface ReplicaOptions {
  primary: Pick<Database, 'read' | 'asWorker'>;
  replica: Pick<Database, 'read' | 'asWorker' | 'close'>;
  maxLagMs: number;
  log: Pick<Log, 'warn' | 'info'>;
  everyMs?: number;
}

/** How far the primary has written, and how far a replica has taken that over: bytes of the write-ahead log. */
const written = statement('worker.written', {
  params: [],
  columns: { position: 'int8' },
  text: `select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint as position`,
});
const replayed = statement('worker.replayed', {
  params: [],
  columns: { position: 'int8?' },
  text: `select (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint as position`,
});

const LOOK_EVERY_MS = 500;
/** A replica that does not answer a look in this time is hung. */
const LOOK_DEADLINE_MS = 1_000;
/** Moments remembered: a replica further behind than all of them is not used in any case. */
const MOST_MOMENTS = 200;

/**
 * Reads from the replica while it is known to have everything that the primary had written `maxLagMs` ago, otherwise
 * from the primary. What a clock on the replica says of its last transaction does not count: it stands still when nobody
 * writes, and when the replica no longer hears of what is written.
 */
export function openReplica(options: ReplicaOptions): Replica {
  const { primary, replica, maxLagMs, log, everyMs = LOOK_EVERY_MS } = options;
  const moments: { at: number; position: number }[] = [];
  /** Until when the replica's rows are known to be new enough. */
  let asOf = -Infinity;
  let down = true;
  let gaveUp = Promise.withResolvers<never>();
  gaveUp.promise.catch(() => undefined);
  const counts = { reads: 0, fallbacks: 0 };
  const lagMs = () => performance.now() - asOf;
  const usable = () => !down && lagMs() <= maxLagMs;

  function giveUp(error: unknown): void {
    if (!down) log.warn({ err: error }, 'the replica does not answer; its reads go to the primary');
    down = true;
    gaveUp.reject(new DatabaseFault('lost', '', '', 'the replica was given up'));
    gaveUp = Promise.withResolvers<never>();
    gaveUp.promise.catch(() => undefined);
  }

  async function look(): Promise<void> {
    try {
      const at = performance.now();
      const [now] = await primary.asWorker((reads) => reads.run(written));
      if (now !== undefined) moments.push({ at, position: now.position });
      if (moments.length > MOST_MOMENTS) moments.shift();
    } catch {
      return; // a primary that is away is told of by those who need it
    }
    try {
      const [here] = await within(replica.asWorker((reads) => reads.run(replayed)));
      const reached = moments.findLast(({ position }) => position <= (here?.position ?? -1));
      if (reached !== undefined) asOf = Math.max(asOf, reached.at);
      if (down) log.info({}, 'the replica answers');
      down = false;
    } catch (error) {
      giveUp(error);
    }
  }

  let looking: Promise<void> | undefined;
  const next = () => void (looking ??= look().finally(() => (looking = undefined)));
  const timer = setInterval(next, everyMs);
  next();

  return {
    read: async (tenant: Uuid, of, ...rest) => {
      if (!usable()) {
        counts.fallbacks += 1;
        return primary.read(tenant, of, ...rest);
      }
      try {
        const rows = await Promise.race([replica.read(tenant, of, ...rest), gaveUp.promise]);
        counts.reads += 1;
        return rows;
      } catch (error) {
        if (!(error instanceof DatabaseFault)) throw error;
        if (error.kind === 'lost') giveUp(error);
        counts.fallbacks += 1;
        return primary.read(tenant, of, ...rest);
      }
    },
    state: () => ({ usable: usable(), lagMs: lagMs(), ...counts }),
    close: async () => {
      clearInterval(timer);
      await looking;
      await replica.close();
    },
  };
}

async function within<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new DatabaseFault('lost', '', '', 'no answer in time')),
    LOOK_DEADLINE_MS,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
