import { LRUCache } from 'lru-cache';
import type { Told } from '../platform/cache/tags.ts';
import type { Stopwatch } from '../platform/clock.ts';
import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import type { Log } from '../platform/log.ts';
import type { Row } from '../platform/statement.ts';
import type { WakeUp } from '../platform/wake.ts';
import * as sql from './feed-queries.ts';

/**
 * Follows the changes of those tenants that this process keeps something of. Every process follows for itself, from
 * where it began to listen: nothing is written down, and what was missed is not made up for but reported.
 */
export interface Follower {
  /** True while the tenant's changes arrive here: the last look at the clocks is not long ago. */
  hears(tenant: Uuid): boolean;
  /** Begins to listen to a tenant; nothing when it is listened to already. */
  listen(tenant: Uuid): Promise<void>;
  /** How far the tenant's changes are known here; undefined while that is not sure, as after a commit of our own. */
  position(tenant: Uuid): number | undefined;
  /** A commit of this process, whose changes it knows: with their numbers it need not read them. */
  wrote(tenant: Uuid, seqs: readonly number[]): void;
  stop(): Promise<void>;
}

export interface FollowOptions {
  db: Database;
  log: Log;
  wake: Pick<WakeUp, 'onWake'>;
  /** Changes of a tenant, in order; the last of them has this number. */
  tell(tenant: Uuid, changes: readonly Told[], last: number): void;
  /** Some changes of the tenant are not known: too many came, or they are gone, or time went back. */
  missed(tenant: Uuid): void;
  everyMs?: number;
  perf?: Stopwatch;
}

/** Nobody has to wake us: this often we look in any case. */
const LOOK_EVERY_MS = 1_000;
/** Without a look that succeeded for this long nothing is known any more: two looks may fail. */
const HEARD_MS = 3_000;
/** Tenants that are listened to at a time: so many rows one look reads. The one least used goes first. */
const MOST_TENANTS = 2_000;
/** Further behind than this, throwing everything away is cheaper. */
const MOST_CHANGES = 1_000;

/** Of the tenants that a look found behind, so many at most are expected to be so again: their next changes are read beside the clocks. */
const MOST_EXPECTED = 4;

type Clock = Row<typeof sql.clocks.columns>;
type Change = Row<typeof sql.toldAfter.columns>;

export function openFollower(options: FollowOptions): Follower {
  const { db, log, wake, tell, missed, everyMs = LOOK_EVERY_MS, perf = performance } = options;
  const positions = openPositions(missed);
  /** Tenants that we wrote for: not read since, and being read by the look under way. */
  let wrote = new Set<Uuid>();
  let beingRead = new Set<Uuid>();
  let heardUntil = -Infinity;
  let expected: Uuid[] = [];

  async function look(): Promise<void> {
    const begun = perf.now();
    beingRead = wrote;
    wrote = new Set();
    try {
      const known = new Map(positions.entries());
      if (known.size > 0) {
        const again = expected;
        expected = [];
        const { clocks, early } = await readClocks(db, known, again);
        for (const clock of clocks) {
          const { tenantId: tenant } = clock;
          const isBehind = await catchUp(clock, known.get(tenant) ?? 0, early.get(tenant));
          if (isBehind && expected.length < MOST_EXPECTED) expected.push(tenant);
        }
      }
      heardUntil = begun + HEARD_MS;
    } catch (error) {
      for (const tenant of beingRead) wrote.add(tenant);
      log.warn({ err: error }, 'the changes cannot be followed for the moment; answers are made anew');
    }
    beingRead = new Set();
  }

  /**
   * False when there was nothing to catch up with. `before` is where we were when the clock was read; our own commits may have
   * moved us on since. `early` was read beside the clock, and so it may end before it.
   */
  async function catchUp(
    { tenantId: tenant, seq, keptFrom }: Clock,
    before: number,
    early: readonly Change[] = [],
  ): Promise<boolean> {
    const position = positions.peek(tenant);
    if (position === undefined || (position >= seq && before <= seq)) return false;
    const isKnown = before <= seq && position >= keptFrom - 1 && seq - position <= MOST_CHANGES;
    const changes = isKnown ? await changesAfter(db, tenant, position, { seq, early }) : [];
    const last = changes.at(-1)?.seq;
    if (last !== undefined && changes.length === last - position) tell(tenant, changes, last);
    else missed(tenant);
    positions.set(tenant, last ?? seq);
    return true;
  }

  const stop = lookAgain(look, wake, everyMs);
  return {
    hears: (tenant) => perf.now() < heardUntil && positions.get(tenant) !== undefined,
    listen: async (tenant) => {
      if (positions.has(tenant)) return;
      const [clock] = await db.asWorker((reads) => reads.run(sql.clocks, [tenant]));
      if (clock !== undefined && !positions.has(tenant)) positions.set(tenant, clock.seq);
    },
    position: (tenant) =>
      perf.now() >= heardUntil || wrote.has(tenant) || beingRead.has(tenant)
        ? undefined
        : positions.peek(tenant),
    wrote: (tenant, seqs) => {
      const position = positions.peek(tenant);
      if (position === undefined) return;
      const last = seqs.at(-1);
      if (last !== undefined && seqs[0] === position + 1) positions.set(tenant, last);
      else wrote.add(tenant);
    },
    stop,
  };
}

/** How far each tenant's changes are known. */
function openPositions(missed: FollowOptions['missed']): LRUCache<Uuid, number> {
  return new LRUCache({
    max: MOST_TENANTS,
    dispose: (_, tenant, reason) => {
      if (reason === 'evict') missed(tenant);
    },
  });
}

/**
 * The clocks of all that are followed, and beside them the changes of those expected to have some. Those may fail alone, as when the
 * pool is busy: then they are read after the clocks, as the others'.
 */
async function readClocks(db: Database, positions: ReadonlyMap<Uuid, number>, expected: readonly Uuid[]) {
  const early = new Map<Uuid, readonly Change[]>();
  const [clocks] = await Promise.all([
    db.asWorker((reads) => reads.run(sql.clocks, [...positions.keys()])),
    ...expected.map(async (tenant) => {
      const position = positions.get(tenant);
      if (position === undefined) return;
      const found = await readAfter(db, tenant, position).catch(() => undefined);
      if (found !== undefined) early.set(tenant, found);
    }),
  ]);
  return { clocks, early };
}

/** Those found early when they reach up to the clock; our own commits may have gone past the first of them. */
async function changesAfter(
  db: Database,
  tenant: Uuid,
  position: number,
  { seq, early }: { seq: number; early: readonly Change[] },
): Promise<readonly Change[]> {
  if ((early.at(-1)?.seq ?? 0) < seq) return readAfter(db, tenant, position);
  return early.filter((change) => change.seq > position);
}

function readAfter(db: Database, tenant: Uuid, position: number): Promise<Change[]> {
  return db.read(tenant, sql.toldAfter, position, MOST_CHANGES);
}

/** Looks now, when woken and every so often, one look at a time. Returns a function that waits for the last. */
function lookAgain(
  look: () => Promise<void>,
  wake: Pick<WakeUp, 'onWake'>,
  everyMs: number,
): () => Promise<void> {
  let stopped = false;
  let running: Promise<void> | undefined;
  let again = false;
  const next = () => {
    if (stopped) return;
    again = running !== undefined; // something came while we looked, perhaps behind our look
    running ??= look().finally(() => {
      running = undefined;
      if (again) next();
    });
  };
  wake.onWake(next);
  const timer = setInterval(next, everyMs);
  next();
  return async () => {
    stopped = true;
    clearInterval(timer);
    await running;
  };
}
