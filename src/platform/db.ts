import pg from 'pg';
import { openHeardClock, type Instant } from './clock.ts';
import type { Told } from './cache/tags.ts';
import type { Log } from './log.ts';
import { asFault, DatabaseFault } from './fault.ts';
import type { Uuid } from './id.ts';
import type { PoolState } from './metrics.ts';
import { closerOf, openStopwatch, stateOf, streamOf, takeConnection, type PoolWatch } from './pool.ts';
import { carefully, rowByRow } from './row-by-row.ts';
import { getTypeParser } from './wire-types.ts';
import {
  encode,
  statement,
  type Columns,
  type Params,
  type Row,
  type SqlType,
  type Statement,
} from './statement.ts';

/**
 * How long one transaction may take from its first byte to its last, in ms, unless less is asked for; past it the
 * connection is cut.
 */
export const TRANSACTION_DEADLINE_MS = 4_500;
/** How long a transaction waits for a connection, a new one or one that others give back. */
const CONNECT_TIMEOUT_MS = 2_000;

export interface PoolOptions {
  url: string;
  /** Connections of this process. */
  size: number;
  /** False behind PgBouncer before 1.21, which loses prepared statements between transactions. */
  named: boolean;
  log: Log;
  /** Unset: nobody measures. */
  watch?: PoolWatch;
  /** Called with what each commit appended to the changes, before whoever asked for it is answered. */
  onChange?: OnChange;
}

type AfterTenant<P extends readonly SqlType[]> =
  Params<P> extends readonly [unknown, ...infer Rest] ? Rest : [];

/** `seqs` are the numbers that the changes got, lowest first; none where it is not known whether the commit took effect. */
export type OnChange = (tenant: Uuid, changes: readonly Told[], seqs: readonly number[]) => void;

/** A transaction in which the tenant is set: row-level security shows that tenant's rows and no others. */
export interface Transaction {
  readonly tenant: Uuid;
  /**
   * Sends a statement without waiting for the one before it (they travel in one packet); the tenant is its `$1`.
   * Rejects with a DatabaseFault.
   */
  run<P extends readonly SqlType[], C extends Columns>(
    of: Statement<P, C>,
    ...rest: AfterTenant<P>
  ): Promise<Row<C>[]>;
  /** Says that this transaction appends these to the changes: `onChange` gets them when it has committed. */
  tellsOfChange(changes: readonly Told[], appended: Promise<readonly { seq: number }[]>): void;
}

/** Statements that look over all tenants (slugs, due expiries): reads only, by the role `holdfast_worker`. */
export interface WorkerReads {
  run<P extends readonly SqlType[], C extends Columns>(
    of: Statement<P, C>,
    ...all: Params<P>
  ): Promise<Row<C>[]>;
}

export interface Database {
  /**
   * Runs `work` in one transaction of one tenant and commits it. Rejects with a DatabaseFault or what `work` threw.
   * `deadlineMs`: how long it may take, TRANSACTION_DEADLINE_MS at most.
   */
  inTenant<T>(tenant: Uuid, work: (tx: Transaction) => Promise<T>, deadlineMs?: number): Promise<T>;
  /** Runs reads of one tenant that all see one moment, in a transaction that cannot write. */
  look<T>(tenant: Uuid, work: (tx: Pick<Transaction, 'run'>) => Promise<T>): Promise<T>;
  /** One read of one tenant in one round trip. */
  read<P extends readonly SqlType[], C extends Columns>(
    tenant: Uuid,
    of: Statement<P, C>,
    ...rest: AfterTenant<P>
  ): Promise<Row<C>[]>;
  /** As `read`, with each row handed over as it comes in, while the database finds the next. Rejects also with what `take` threw. */
  readEach<P extends readonly SqlType[], C extends Columns>(
    tenant: Uuid,
    of: Statement<P, C>,
    take: (row: Row<C>) => void,
    ...rest: AfterTenant<P>
  ): Promise<void>;
  /** The database's clock, a few milliseconds late; what is decided under locks reads the clock itself. */
  now(): Instant;
  /** Reads across tenants as `holdfast_worker`. */
  asWorker<T>(work: (reads: WorkerReads) => Promise<T>): Promise<T>;
  /** What its connections are doing at this moment. */
  pool(): PoolState;
  close(): Promise<void>;
}

const setTenant = statement('db.setTenant', {
  params: ['uuid'],
  columns: { tenant: 'text?', now: 'timestamptz' },
  text: 'select engine.set_tenant($1) as tenant, clock_timestamp() as now',
});

/** Opens a pool of pipelining connections. Connects lazily: an unreachable server shows at the first use. */
export function openDatabase(options: PoolOptions): Database {
  const pool = openPool(options);
  const close = closerOf(pool);
  const clock = openHeardClock();

  function openTenant(connection: Connection, tenant: Uuid, begin = 'begin'): void {
    connection.command(begin);
    connection.send(setTenant, [tenant]).then(
      ([row]) => row && clock.heard(row.now),
      () => undefined, // whoever waits for the transaction is told
    );
  }

  async function transaction<T>(
    opening: (c: Connection) => void,
    work: (c: Connection) => Promise<T>,
    deadlineMs = TRANSACTION_DEADLINE_MS,
  ): Promise<T> {
    const connection = await connect(pool, options, deadlineMs);
    try {
      opening(connection);
      const result = await work(connection);
      await connection.commit();
      connection.release();
      return result;
    } catch (error) {
      await connection.abandon(error);
      throw await connection.firstFault(error);
    }
  }

  function readOnce<P extends readonly SqlType[], C extends Columns>(
    tenant: Uuid,
    of: Statement<P, C>,
    rest: readonly unknown[],
    take?: (row: Row<C>) => void,
  ): Promise<Row<C>[]> {
    return transaction(
      (c) => openTenant(c, tenant),
      // The commit travels in the same packet: what it needs is already on its way.
      (c) => Promise.all([c.send(of, [tenant, ...rest], take), c.commit()]).then(([rows]) => rows),
    );
  }

  return {
    inTenant: (tenant, work, deadlineMs) =>
      withTidings(tenant, options.onChange, (tellsOfChange) =>
        transaction(
          (c) => openTenant(c, tenant),
          (c) => work({ tenant, run: (of, ...rest) => c.send(of, [tenant, ...rest]), tellsOfChange }),
          deadlineMs,
        ),
      ),
    look: (tenant, work) =>
      transaction(
        (c) => openTenant(c, tenant, 'begin isolation level repeatable read read only'),
        (c) => work({ run: (of, ...rest) => c.send(of, [tenant, ...rest]) }),
      ),
    read: (tenant, of, ...rest) => readOnce(tenant, of, rest),
    readEach: (tenant, of, take, ...rest) => carefully(take, (each) => readOnce(tenant, of, rest, each)),
    now: clock.now,
    asWorker: (work) =>
      transaction(
        (c) => {
          c.command('begin read only');
          c.command('set local role holdfast_worker');
        },
        (c) => work({ run: (of, ...all) => c.send(of, all) }),
      ),
    pool: () => stateOf(pool),
    close,
  };
}

/** Gathers what a transaction says of its changes, and hands it over when it has ended. */
async function withTidings<T>(
  tenant: Uuid,
  onChange: PoolOptions['onChange'],
  work: (tellsOfChange: Transaction['tellsOfChange']) => Promise<T>,
): Promise<T> {
  const told: Told[] = [];
  const numbers: Promise<readonly { seq: number }[]>[] = [];
  try {
    const result = await work((changes, appended) => {
      told.push(...changes);
      numbers.push(appended);
    });
    const seqs = (await Promise.all(numbers)).flatMap((rows) => rows.map(({ seq }) => seq));
    if (told.length > 0) onChange?.(tenant, told, seqs);
    return result;
  } catch (error) {
    // A COMMIT whose answer was lost may have taken effect.
    if (told.length > 0) onChange?.(tenant, told, []);
    throw error;
  }
}

function openPool({ url, size, log }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'holdfast',
    types: { getTypeParser },
    ...{ pipeline: true }, // of pg 8.23, not yet in its type declarations
  });
  // A connection lost while it is in use: the statement in flight says so. Without a listener the process would end.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection was lost'));
  return pool;
}

/** One checked-out client and the one transaction that runs on it. */
interface Connection {
  command(text: string): void;
  /** The rows; none where `take` gets them. */
  send<P extends readonly SqlType[], C extends Columns>(
    of: Statement<P, C>,
    values: readonly unknown[],
    take?: (row: Row<C>) => void,
  ): Promise<Row<C>[]>;
  /** Waits for everything sent and for the tag COMMIT. A second call answers as the first. */
  commit(): Promise<void>;
  release(): void;
  /** What went wrong first: a statement behind the one that failed only says that the transaction is over. */
  firstFault(error: unknown): Promise<unknown>;
  /** Rolls back, or cuts the connection when its state is unknown. */
  abandon(error: unknown): Promise<void>;
}

/** What has no name is planned for its values. */
function toQuery(of: Statement<readonly SqlType[], Columns>, values: readonly unknown[], named: boolean) {
  const name = named && of.plannedAnew !== true ? of.name : undefined;
  return { name, text: of.text, values: encode(of.params, values) };
}

async function connect(
  pool: pg.Pool,
  { named, watch }: PoolOptions,
  deadlineMs: number,
): Promise<Connection> {
  const client = await takeConnection(pool, watch);
  const timed = openStopwatch(watch);
  const sent: Promise<unknown>[] = [];
  let committed: Promise<void> | undefined;
  let cut = false;
  const deadline = setTimeout(() => {
    cut = true;
    streamOf(client).destroy(new Error('the transaction took longer than its deadline'));
  }, deadlineMs);

  // Statements sent in one turn of the event loop leave in one packet instead of three writes each.
  let corked = false;
  function track<T>(send: () => Promise<T>): Promise<T> {
    if (!corked) {
      corked = true;
      const stream = streamOf(client);
      stream.cork();
      process.nextTick(() => {
        corked = false;
        stream.uncork();
      });
    }
    const mapped = send().catch((error: unknown) => {
      throw asFault(error);
    });
    mapped.catch(() => undefined); // seen by whoever waits for it or for the commit; never unhandled
    sent.push(mapped);
    return mapped;
  }

  async function finish(): Promise<void> {
    const tag = track(() => timed('db.commit', () => client.query('commit')));
    for (const outcome of await Promise.allSettled(sent))
      if (outcome.status === 'rejected') throw outcome.reason;
    // A COMMIT after an error answers with the tag ROLLBACK and no error: without this look it would pass as done.
    if ((await tag).command !== 'COMMIT')
      throw new DatabaseFault('other', '', '', 'the commit was rolled back');
  }

  function release(destroy: boolean): void {
    clearTimeout(deadline);
    client.release(destroy);
  }

  return {
    command: (text) => void track(() => client.query(text)),
    send: (of, values, take) => {
      const query = toQuery(of, values, named);
      const ask = () => (take ? rowByRow(client, query, take) : client.query(query));
      return track(() => timed(of.name, ask).then((result) => result.rows as Row<typeof of.columns>[]));
    },
    commit: () => (committed ??= finish()),
    release: () => release(false),
    firstFault: async (error) => {
      if (!(error instanceof DatabaseFault) || error.sqlState !== '25P02') return error;
      const failed = (await Promise.allSettled(sent)).find((outcome) => outcome.status === 'rejected');
      return failed?.reason ?? error;
    },
    abandon: async (error) => {
      const lost = cut || (error instanceof DatabaseFault && error.kind === 'lost');
      if (lost) return release(true);
      const rolledBack = await client.query('rollback').then(
        () => true,
        () => false,
      );
      release(!rolledBack);
    },
  };
}
