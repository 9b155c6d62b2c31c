import { openDatabase, type Database, type PoolOptions } from './db.ts';
import { DatabaseFault } from './fault.ts';
import type { Log } from './log.ts';
import type { ReplicaState } from './replica-metrics.ts';
import { statement } from './statement.ts';

/**
 * Reads that may be a little old: reports, exports, lists of the catalogue. Never a sale, a permission or one's own
 * booking; and nothing that is kept, since a cache is told only once of a change that the replica may not have yet.
 */
export type Reads = Pick<Database, 'read' | 'look'>;

export interface Replica extends Reads {
  state(): ReplicaState;
  close(): Promise<void>;
}

export interface ReplicaOptions {
  primary: Reads & Pick<Database, 'asWorker'>;
  /** Of the replica; looking at it takes one connection more. */
  pool: Omit<PoolOptions, 'onChange'>;
  log: Pick<Log, 'info' | 'warn'>;
  maxLagMs?: number;
  everyMs?: number;
}

const MAX_LAG_MS = 3_000;

/**
 * Reads from the replica while it is known to have everything that the primary had written `maxLagMs` ago, otherwise
 * from the primary.
 */
export function openReplica(options: ReplicaOptions): Replica {
  const { primary, pool, maxLagMs = MAX_LAG_MS } = options;
  const replica = openDatabase(pool);
  const underWay = new Set<(fault: DatabaseFault) => void>();
  const sight = openSight(options, () => {
    for (const fail of underWay) fail(new DatabaseFault('lost', '', '', 'the replica was given up'));
  });
  const counts = { reads: 0, fallbacks: 0 };
  const usable = () => sight.lagMs() <= maxLagMs;

  async function fromReplica<T>(work: Promise<T>): Promise<T> {
    const given = Promise.withResolvers<never>();
    underWay.add(given.reject);
    try {
      return await Promise.race([work, given.promise]);
    } finally {
      underWay.delete(given.reject);
    }
  }

  async function ask<T>(question: (of: Reads) => Promise<T>): Promise<T> {
    if (usable())
      try {
        const answer = await fromReplica(question(replica));
        counts.reads += 1;
        return answer;
      } catch (error) {
        if (!(error instanceof DatabaseFault)) throw error;
        sight.look();
      }
    counts.fallbacks += 1;
    return question(primary);
  }

  return {
    read: (tenant, of, ...rest) => ask((from) => from.read(tenant, of, ...rest)),
    look: (tenant, work) => ask((from) => from.look(tenant, work)),
    state: () => ({ usable: usable(), lagMs: sight.lagMs(), ...counts }),
    close: async () => {
      await sight.close();
      await replica.close();
    },
  };
}

/**
 * Whose rows these are, on which branch of their history (a failover begins another), and as whom they are read. Where
 * it is the same as on the primary, so are the walls between tenants.
 */
const origin = `concat_ws(' ', (select system_identifier from pg_control_system()),
  (select timeline_id from pg_control_checkpoint()), current_database(), session_user)`;

/** How far the primary has written, and how far a replica has taken that over: bytes of the write-ahead log. */
const written = statement('worker.written', {
  params: [],
  columns: { position: 'int8', origin: 'text' },
  text: `select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint as position, ${origin} as origin`,
});
const replayed = statement('worker.replayed', {
  params: [],
  columns: { position: 'int8?', origin: 'text' },
  text: `select (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint as position, ${origin} as origin`,
});

const LOOK_EVERY_MS = 500;
/** A replica that does not answer a look in this time hangs: a read waits for it as long as both of these together. */
const LOOK_DEADLINE_MS = 500;
/** Moments remembered: a replica further behind than all of them is not used in any case. */
const MOST_MOMENTS = 200;

type Standing = 'unknown' | 'up' | 'down' | 'foreign';

/**
 * How old the replica's rows may be, from how far both have come. What a clock on the replica says of its last
 * transaction does not count: it stands still when nobody writes, and when the replica no longer hears of what is written.
 */
function openSight({ primary, pool, log, everyMs = LOOK_EVERY_MS }: ReplicaOptions, giveUp: () => void) {
  const replica = openDatabase({ ...pool, size: 1 }); // a look does not wait behind slow reports
  const moments: { at: number; position: number; origin: string }[] = [];
  let standing: Standing = 'unknown';
  /** The replica has everything that was written until then. */
  let asOf = -Infinity;

  function becomes(now: Standing, about: object): void {
    if (now === 'up' && standing !== 'up') log.info(about, 'the replica answers');
    if (now === 'down' && standing !== 'down')
      log.warn(about, 'the replica does not answer; its reads go to the primary');
    if (now === 'foreign' && standing !== 'foreign')
      log.warn(about, 'DATABASE_REPLICA_URL is no replica of this database under the same login: not used');
    standing = now;
    if (now !== 'up') giveUp();
  }

  async function lookAtPrimary(): Promise<void> {
    const at = performance.now();
    const [now] = await primary.asWorker((reads) => reads.run(written));
    if (now !== undefined) moments.push({ at, ...now });
    if (moments.length > MOST_MOMENTS) moments.shift();
  }

  async function lookAtReplica(): Promise<void> {
    const [here] = await within(replica.asWorker((reads) => reads.run(replayed)));
    const last = moments.at(-1);
    if (here === undefined || last === undefined) return;
    const { position, origin: replicaIs } = here;
    if (position === null || replicaIs !== last.origin)
      return becomes('foreign', { primary: last.origin, replica: replicaIs });
    asOf = moments.findLast((moment) => moment.position <= position)?.at ?? -Infinity;
    becomes('up', {});
  }

  const lookAtBoth = () =>
    Promise.all([
      lookAtPrimary().catch(() => undefined), // a primary that is away is told of by those who need it
      lookAtReplica().catch((error: unknown) => becomes('down', { err: error })),
    ]);
  let looking: Promise<unknown> | undefined;
  const look = () => void (looking ??= lookAtBoth().finally(() => (looking = undefined)));
  const timer = setInterval(look, everyMs);
  look();

  return {
    look,
    lagMs: () => (standing === 'up' ? performance.now() - asOf : Infinity),
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
  }
}
