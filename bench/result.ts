/** What a bench prints as its one line of JSON: the ratio, what it is of, and the raw figures behind it. */
export interface BenchResult {
  readonly bench: string;
  readonly ratio: number;
  readonly unit: string;
  /** The bench ran to its end, nothing went wrong on the way and no promise was broken. Says nothing of goals. */
  readonly ok: boolean;
  readonly [figure: string]: unknown;
}

export interface BenchOptions {
  /** Shorter and rougher: under a minute. */
  readonly quick: boolean;
  /** On ten times as much data; only `growth` knows a size beyond its full form. */
  readonly huge: boolean;
  /** Where the field's usual design lies; only `baseline` is told. */
  readonly folder?: string | undefined;
}

export type Bench = (options: BenchOptions) => Promise<BenchResult>;
