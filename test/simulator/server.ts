import type { Command, Outcome } from '../../src/engine/command.ts';
import { Transaction, type Parts, type SimulatedDatabase } from './transaction.ts';

/** What a server says to one request: an outcome, or that it could not finish in time (a 503). */
export type Reply = Outcome | { result: 'unavailable' };

export interface Request {
  name: string;
  command: Command;
  reply(reply: Reply): unknown;
}

/** A try of a batch, on a connection of its own. */
export interface Batch {
  /** That of its first request. */
  name: string;
  requests: readonly Request[];
  drifts: number;
  transaction: Transaction;
}

const BATCHES_AT_ONCE = 2;
const MOST_DRIFTS = 3;

/** One server process: a lane of requests, batches of it on the database, a second try for each, as in `batch.ts`. */
export class SimulatedServer {
  readonly #database: SimulatedDatabase;
  readonly #parts: Parts;
  /** COMMITs whose connection is gone: the database may carry them out or not. */
  readonly #ghosts: Batch[];
  #queue: Request[] = [];
  #batches: Batch[] = [];

  constructor(database: SimulatedDatabase, parts: Parts, ghosts: Batch[]) {
    this.#database = database;
    this.#parts = parts;
    this.#ghosts = ghosts;
  }

  get queue(): string[] {
    return this.#queue.map((request) => request.name);
  }

  get batches(): string[] {
    return this.#batches.map((batch) => batch.name);
  }

  get movable(): string[] {
    return this.#batches.filter(({ transaction }) => !transaction.isStuck).map((batch) => batch.name);
  }

  get sent(): string[] {
    return this.#batches.filter(({ transaction }) => transaction.isSent).map((batch) => batch.name);
  }

  get isFull(): boolean {
    return this.#batches.length >= BATCHES_AT_ONCE;
  }

  submit(request: Request): void {
    this.#queue.push(request);
  }

  /** Begins a batch of those of the named requests that wait; false when there are none. */
  begin(names: readonly string[]): boolean {
    const requests = this.#queue.filter((request) => names.includes(request.name));
    if (requests.length === 0 || this.isFull) return false;
    this.#queue = this.#queue.filter((request) => !requests.includes(request));
    this.#start(requests, false, 0);
    return true;
  }

  /** Leads a batch to the next moment at which somebody else may come first; false when it waits or is not there. */
  goOn(name: string): boolean {
    const batch = this.#batches.find((each) => each.name === name && !each.transaction.isStuck);
    if (batch === undefined) return false;
    batch.transaction.step();
    if (batch.transaction.ending !== undefined) this.#settle(batch);
    return true;
  }

  /** A connection is lost. What was sent may still be committed; the batch goes down the same road again. */
  cut(name: string): boolean {
    const batch = this.#batches.find((each) => each.name === name);
    if (batch === undefined) return false;
    this.#letGo(batch);
    this.#settle(batch);
    return true;
  }

  /** The process is killed: nobody is answered. */
  crash(): void {
    for (const batch of this.#batches) this.#letGo(batch);
    this.#batches = [];
    this.#queue = [];
  }

  #letGo(batch: Batch): void {
    if (batch.transaction.isSent) this.#ghosts.push(batch);
    else batch.transaction.abort();
  }

  #start(requests: readonly Request[], again: boolean, drifts: number): void {
    const commands = requests.map((request) => request.command);
    const transaction = new Transaction(this.#database, this.#parts, commands, again);
    this.#batches.push({ name: requests[0]?.name ?? '', requests, drifts, transaction });
  }

  #settle(batch: Batch): void {
    const { requests, drifts, transaction } = batch;
    this.#batches = this.#batches.filter((other) => other !== batch);
    if (transaction.ending === 'committed') return this.#answer(batch);
    if (!transaction.again) return this.#start(requests, true, drifts);
    for (const request of requests) request.reply({ result: 'unavailable' });
  }

  #answer({ requests, drifts, transaction }: Batch): void {
    requests.forEach((request, i) => {
      const outcome = transaction.decision?.outcomes[i];
      if (outcome === undefined) return;
      this.#database.count(`${request.command.verb} ${outcome.result}`);
      if (outcome.result !== 'adrift') request.reply(outcome);
      else if (drifts === MOST_DRIFTS) request.reply({ result: 'unavailable' });
      else this.#start([request], false, drifts + 1);
    });
  }
}
