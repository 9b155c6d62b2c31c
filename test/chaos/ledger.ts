import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';

/** A booking as the server told it, without what no check looks at. */
export interface ToldBooking {
  id: string;
  state: string;
  expiresAt: string | null;
  version: number;
  lines: ToldLine[];
}

/** A line in the words of its kind. */
export interface ToldLine {
  no: number;
  kind: string;
  cancelledAt: string | null;
  [field: string]: unknown;
}

export type Verb = 'hold' | 'renew' | 'confirm' | 'cancel' | 'reschedule';

/** What became of one call. A call without an answer, or with a 503, may have taken effect or not: `unknown`. */
export type Outcome =
  | { what: 'acknowledged'; status: number; replayed: boolean; booking: ToldBooking }
  | { what: 'refused'; status: number; code: string }
  | { what: 'unknown'; why: string }
  /** An answer that nobody should ever get, such as a 500. */
  | { what: 'surprise'; status: number; code: string };

/** One call: `intention` is what the customer wants once, however often it asks; a hold carries it as its note. */
export type Entry = { intention: string; verb: Verb; sentAt: number; at: number } & Outcome;

/** What a customer was told, in a file, one JSON line per call, written before anything else is done with the answer. */
export class Ledger {
  readonly #path: string;
  #isClosed = false;

  constructor(path: string) {
    this.#path = path;
    writeFileSync(path, '');
  }

  append(entry: Entry): void {
    if (this.#isClosed) throw new Error('this run is over');
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
  }

  /** Sends home whoever still asks: their next answer is not written down any more. */
  close(): void {
    this.#isClosed = true;
  }

  read(): Entry[] {
    const lines = readFileSync(this.#path, 'utf8').split('\n').slice(0, -1); // each ends with a line break
    return lines.map((line) => JSON.parse(line) as Entry);
  }
}
