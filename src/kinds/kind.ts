import type { TSchema } from 'typebox';
import type { Stretch } from '../engine/calendar.ts';
import type { Approval, BookingLine, Engine, HoldLine } from '../engine/index.ts';
import type { Invariant } from '../engine/invariant.ts';
import type { Role, Tenant } from '../people/access.ts';
import type { Guesses } from '../people/guesses.ts';
import type { App } from '../people/route.ts';
import type { Instant } from '../platform/clock.ts';
import type { Database } from '../platform/db.ts';
import { Problem, type Fault } from '../platform/errors.ts';
import type { Exports } from '../platform/export/exports.ts';
import type { Uuid } from '../platform/id.ts';
import type { Reads } from '../platform/replica.ts';
import type { Vault } from '../platform/vault.ts';
import type { Sold } from '../sales/redeem.ts';
import type { Scope } from './series.ts';

/** A line as it was asked for, already checked against the kind's schema. `no` is its place in the request, from 1. */
export interface AskedLine<Line = unknown> {
  no: number;
  line: Line;
}

export interface ResolveContext {
  db: Database;
  tenant: Tenant;
  /** Whom limits per client count for: the client's id, or the principal where no client is named. */
  client: string;
  /** Of whoever asks now: staff may move what a client booked. */
  role: Role;
  now: Instant;
  /** The other lines of the booking, when some of its lines are moved; they count for limits per order. */
  others: readonly BookingLine[];
  /** Lines that are moved, as they were. */
  moved?: readonly BookingLine[];
  /** What unlocks prices that are not shown to everybody. */
  accessCode?: string | undefined;
  /** True when a guard had moved on: read the catalogue from the database, past every cache. */
  fresh: boolean;
  /** Nothing is taken: a kind may return a line that breaks its rules as `skipped`, and not throw. */
  isPreview?: boolean;
}

/** A line that breaks rules of its catalogue entry. What could be had instead is told with it, as when it is taken. */
export class RefusedLine extends Problem {
  readonly line: HoldLine;

  constructor(line: HoldLine, errors: readonly Fault[]) {
    const more = errors.length > 1 ? ` (${errors.length - 1} more in errors)` : '';
    super('rule_violated', `${errors[0]?.detail ?? ''}${more}`, { errors });
    this.line = line;
  }
}

/** A line of a booking, and what it is to be now: its old fields with those that change put over them. */
export interface MovedLine<Line = unknown> {
  was: BookingLine;
  line: Line;
  /** The names of the fields that were sent to be changed. */
  changed: readonly string[];
}

export type ResolvedLine = HoldLine & {
  /** Whether somebody must approve it; nobody when not given. */
  approval?: Approval;
  /** What a discount code may be for; nothing when not given. */
  sold?: Sold;
};

/** Lines turned into needs and prices, with the versions of the catalogue entries they were read from. */
export interface Resolved {
  lines: ResolvedLine[];
  guards: Map<Uuid, number>;
  /** How long a hold of these lines lives unless less is asked for; the usual time when not given. */
  ttlSeconds?: number;
}

export interface Against {
  faults: readonly Fault[];
  guards: ReadonlyMap<Uuid, number>;
}

/** Something that is done again and again, as in the worker's table of what recurs. */
export interface RecurringTask {
  name: string;
  everyMs: number;
  /** Does one step; true when there is more to do at once. */
  step(): Promise<boolean>;
}

/**
 * One kind of booking: turns lines into claims and prices, and brings its own catalogue. Everything after that, from
 * the lock to the answer, is the engine's and the same for all kinds.
 */
export interface Kind {
  readonly name: string;
  /** The schema of each line this kind takes, by the word that `kind` must have in it. */
  readonly lines: Readonly<Record<string, TSchema>>;
  /** Throws `not_found` or `rule_violated`, naming the line, when a line cannot be sold whatever is free. */
  resolve(context: ResolveContext, lines: readonly AskedLine[]): Promise<Resolved>;
  /**
   * What becomes of the lines in the scope of one that is moved, itself among them. Only for kinds whose lines recur; the
   * lines of others are moved one by one.
   */
  move?(
    moved: MovedLine,
    scope: Scope,
    standing: readonly BookingLine[],
    now: Instant,
  ): readonly AskedLine<{ kind: string }>[];
  /**
   * What has come to stand against saying yes to lines that were asked for earlier, with the versions of the catalogue
   * entries that were looked at. Without it nothing does.
   */
  against?(
    context: Pick<ResolveContext, 'db' | 'tenant' | 'fresh'>,
    lines: readonly BookingLine[],
  ): Promise<Against>;
  /** When a line takes place; only for kinds whose lines have a time of their own. */
  when?(line: BookingLine): Stretch;
  /** What could be had instead of a line that was refused; a few, nearest first. */
  alternatives(context: ResolveContext, refused: HoldLine): Promise<readonly object[]>;
  /** The kind's own resources; `app` stands at `/api/v1/:tenant`. */
  routes(
    app: App,
    deps: {
      db: Database;
      reads: Reads;
      engine: Engine;
      exports: Exports;
      vault: Vault;
      /** Unset: nobody counts. */
      guesses?: Guesses | undefined;
    },
  ): void;
  /** What the server does for it again and again. */
  recurring?(deps: { db: Database; engine: Engine }): readonly RecurringTask[];
  /** What must be true of its rows and lines, for the doctor: what the engine cannot know of them. */
  readonly invariants?: readonly Invariant[];
}
