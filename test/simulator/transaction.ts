import type { Command } from '../../src/engine/command.ts';
import type { decide, Decision } from '../../src/engine/decide.ts';
import { twinKey } from '../../src/engine/decide.ts';
import type { Snapshot } from '../../src/engine/snapshot.ts';
import { stockKey, wantedBy } from '../../src/engine/wanted.ts';
import { World } from '../../src/engine/world.test-double.ts';
import { RowLocks } from './row-locks.ts';

/** What a control may put something broken in the place of. */
export interface Parts {
  decide: typeof decide;
  /** False: holds take no locks, as with `guarded: false` of the real batches. */
  guarded: boolean;
}

/** One database in memory: tables, row locks, a clock, and who looks at each commit. */
export class SimulatedDatabase {
  readonly world = new World();
  readonly locks = new RowLocks<Transaction>();
  /** Rows of limits whose inserter has committed. */
  readonly limits = new Set<string>();
  now = 0;
  commits = 0;
  /** How often what happened: shows that the rare things do. */
  readonly tally = new Map<string, number>();
  readonly watch: (committing: Committing) => void;

  constructor(watch: (committing: Committing) => void) {
    this.watch = watch;
  }

  count(what: string): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + 1);
  }
}

/** A transaction at the moment of its commit, its writes not applied yet. */
export interface Committing {
  commands: readonly Command[];
  snapshot: Snapshot;
  decision: Decision;
  /** How many commits there had been when it read. */
  readAfter: number;
  /** The number of the last change before its own, read when it locked the tenant's clock. */
  base: number;
}

export type Ending = 'committed' | 'busy' | 'twin';

/**
 * One try of a batch, on the road that `lockAndRead` and `write` take: the same locks in the same order, each set of
 * rows as it is when its statement begins, waits in between. Each `step` goes as far as the next moment at which
 * somebody else may come first.
 */
export class Transaction {
  readonly commands: readonly Command[];
  readonly again: boolean;
  readonly #database: SimulatedDatabase;
  readonly #parts: Parts;
  readonly #road: Generator<undefined, Ending>;
  readonly #newLimits: string[] = [];
  /** Set when everything and the COMMIT are with the database: what happens then is not ours to decide. */
  isSent = false;
  ending: Ending | undefined;
  decision: Decision | undefined;

  constructor(database: SimulatedDatabase, parts: Parts, commands: readonly Command[], again: boolean) {
    this.#database = database;
    this.#parts = parts;
    this.commands = commands;
    this.again = again;
    this.#road = this.#go();
  }

  get isStuck(): boolean {
    return this.#database.locks.isStuck(this);
  }

  step(): void {
    const { done, value } = this.#road.next();
    if (done === true) this.#end(value);
  }

  /** Its connection is lost, or its process, before the COMMIT arrived. */
  abort(): void {
    this.#end('busy');
  }

  #end(ending: Ending): void {
    const { world, limits, locks } = this.#database;
    this.#database.count(`batch ${ending}`);
    for (const key of this.#newLimits)
      if (ending === 'committed') limits.add(key);
      else world.stock.delete(key);
    locks.release(this);
    this.ending = ending;
  }

  *#go(): Generator<undefined, Ending> {
    const locked = yield* this.#lock();
    if (!locked) return 'busy';
    const database = this.#database;
    const snapshot = this.#read();
    const readAfter = database.commits;
    yield;
    const decision = this.#parts.decide(this.commands, snapshot);
    this.decision = decision;
    yield;
    for (const answer of decision.writes.answers) {
      if (!(yield* this.#take(`key ${twinKey(answer)}`))) return 'busy';
      if (database.world.twins.has(twinKey(answer))) return 'twin';
    }
    if (decision.writes.changes.length > 0 && !(yield* this.#take('clock'))) return 'busy';
    const base = database.world.changes.length;
    this.isSent = true;
    yield;
    database.watch({ commands: this.commands, snapshot, decision, readAfter, base });
    database.commits += 1;
    return 'committed';
  }

  // In the one global order. What the bookings claim is looked up once, before the wait: they may move meanwhile.
  *#lock(): Generator<undefined, boolean> {
    const { world } = this.#database;
    const wanted = wantedBy(this.commands, this.again);
    const { bookingIds, calendarIds, stock, limits } = wanted;
    for (const limit of limits) if (!(yield* this.#make(limit))) return false;
    if (limits.length > 0) yield;
    if (bookingIds.length === 0 && !this.#parts.guarded) return true;
    const onCalendars = bookingIds.flatMap((id) => world.intervalsOf(id)).map((claim) => claim.resourceId);
    const calendars = inOrder([...calendarIds, ...onCalendars]).filter((id) => world.calendars.has(id));
    if (!(yield* this.#takeAll('calendar', calendars))) return false;
    const onStock = bookingIds.flatMap((id) => world.unitsOf(id));
    const rows = inOrder([...stock, ...onStock].map(stockKey)).filter((key) => world.stock.has(key));
    if (!(yield* this.#takeAll('stock', rows))) return false;
    const rivals = world.rivalsOf(wanted);
    const bookings = inOrder([...bookingIds, ...rivals]).filter((id) => world.bookings.has(id));
    return yield* this.#takeAll('booking', bookings);
  }

  #read(): Snapshot {
    const { world, locks, now } = this.#database;
    const unguarded = !this.#parts.guarded;
    const snapshot = world.snapshot(this.commands, now, {
      again: this.again,
      calendar: (id) => unguarded || locks.holds(`calendar ${id}`, this),
      stock: (key) => unguarded || locks.holds(`stock ${key}`, this),
      isBusy: (id) => locks.isHeldByOther(`booking ${id}`, this),
    });
    for (const id of snapshot.rivals.keys())
      if (!locks.holds(`booking ${id}`, this)) throw new Error(`the rival ${id} is not locked`);
    for (const id of snapshot.dying.keys()) locks.take(`booking ${id}`, this);
    return snapshot;
  }

  // Whoever inserts a row that another transaction has inserted and not committed waits for it.
  *#make(limit: { resourceId: string; bucket: string; cap: number }): Generator<undefined, boolean> {
    const { world, limits } = this.#database;
    const key = stockKey(limit);
    if (limits.has(key)) return true;
    if (!(yield* this.#take(`limit ${key}`))) return false;
    if (limits.has(key) || this.#newLimits.includes(key)) return true;
    world.addStock(limit.resourceId, limit.bucket, limit.cap);
    this.#newLimits.push(key);
    return true;
  }

  *#takeAll(table: string, rows: readonly string[]): Generator<undefined, boolean> {
    for (const row of rows) if (!(yield* this.#take(`${table} ${row}`))) return false;
    if (rows.length > 0) yield;
    return true;
  }

  *#take(row: string): Generator<undefined, boolean> {
    for (;;) {
      const took = this.#database.locks.take(row, this);
      if (took === 'deadlock') this.#database.count('batch deadlock');
      if (took !== 'waits') return took === 'taken';
      this.#database.count('batch waits');
      yield;
    }
  }
}

function inOrder(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort();
}
