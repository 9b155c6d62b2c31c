import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import type { FaultPoint } from '../../src/engine/fault-point.ts';
import { openEngine, type Command, type Outcome } from '../../src/engine/index.ts';
import { openDatabase, type Database, type Transaction } from '../../src/platform/db.ts';
import { DatabaseFault } from '../../src/platform/fault.ts';
import type { Uuid } from '../../src/platform/id.ts';
import { silentLog } from '../database.ts';

/**
 * Where a session stops: its locks are held and its reads are done. Before it there is nothing to see, and what comes
 * after it leaves in one packet: deciding is pure, so a second stop behind it would only play the same again.
 */
const STOP: FaultPoint = 'locked';
/** To the stop and from there to the end. */
export const STEPS = 2;

/** What a session does: a command through its own engine, or an edit of the catalogue in a transaction. */
export type Deed = { command: Command } | { edit: (tx: Transaction) => Promise<unknown> };
export type Ending = Outcome | { result: 'edited'; answer: unknown } | { result: 'failed'; error: string };

const WAITS = `select count(*)::int as waits from pg_stat_activity
  where datname = current_database() and application_name = $1 and cardinality(pg_blocking_pids(pid)) > 0`;

interface SessionOptions {
  name: string;
  url: string;
  tenant: Uuid;
  /** A connection that may see who waits for whom. */
  watcher: pg.Client;
  guarded: boolean;
}

/** One of two sessions: an engine with one connection of its own, led from stop to stop. */
export class Session {
  readonly #options: SessionOptions;
  readonly #db: Database;
  readonly #perform: (command: Command) => Promise<Outcome>;
  #deed: Deed | undefined;
  #hasMoved = false;
  #resume: (() => void) | undefined;
  /** It stands at a lock of the other: the step goes on by itself once that is given back. */
  isWaiting = false;
  /** How often its batch was run; the first time but for what the engine tries again. */
  tries = 0;
  ending: Ending | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    const named = new URL(options.url);
    named.searchParams.set('application_name', options.name);
    this.#db = openDatabase({ url: named.href, size: 1, named: true, log: silentLog });
    const { tenant, guarded } = options;
    const at = (point: FaultPoint) => this.#at(point);
    const engine = openEngine({ db: this.#db, log: silentLog, width: 1, guarded, at });
    this.#perform = (command) => engine.perform(tenant, command);
  }

  /** What it is going to do, from the first step on. */
  intend(deed: Deed): void {
    this.#deed = deed;
    this.tries = 0;
    this.ending = undefined;
  }

  async step(): Promise<void> {
    this.#hasMoved = false;
    if (this.tries === 0) this.#begin();
    else this.#goOn();
    await this.look();
  }

  /** Waits until the step has come to its stop or to a lock. */
  async look(): Promise<void> {
    while (!this.#hasMoved && !(await this.#isBlocked())) await setImmediate();
    this.isWaiting = !this.#hasMoved;
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  #begin(): void {
    const deed = this.#deed;
    if (deed === undefined) throw new Error('a session needs something to do');
    const end = (ending: Ending) => {
      this.ending = ending;
      this.#hasMoved = true;
    };
    const work = 'command' in deed ? this.#perform(deed.command) : this.#edit(deed.edit);
    work.then(end, (error: unknown) =>
      end(isInUse(error) ? { result: 'edited', answer: false } : { result: 'failed', error: String(error) }),
    );
  }

  async #edit(edit: (tx: Transaction) => Promise<unknown>): Promise<Ending> {
    await this.#at('begin');
    const answer = await this.#db.inTenant(this.#options.tenant, async (tx) => {
      const edited = await edit(tx);
      await this.#at(STOP);
      return edited;
    });
    return { result: 'edited', answer };
  }

  async #at(point: FaultPoint): Promise<void> {
    if (point === 'begin') this.tries += 1;
    if (point !== STOP || this.tries > 1) return; // a second try runs through
    const resumed = new Promise<void>((resolve) => (this.#resume = resolve));
    this.#hasMoved = true;
    await resumed;
  }

  #goOn(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  async #isBlocked(): Promise<boolean> {
    const { rows } = await this.#options.watcher.query<{ waits: number }>(WAITS, [this.#options.name]);
    return !this.#hasMoved && (rows[0]?.waits ?? 0) > 0;
  }
}

/** The foreign key of the claims has the last word on whether a thing may go. */
function isInUse(error: unknown): boolean {
  return error instanceof DatabaseFault && error.kind === 'reference';
}
