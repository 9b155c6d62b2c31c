import type { Booking, BookingState } from '../../src/engine/booking.ts';
import { canMove, isWishing, standingLines, totalOf } from '../../src/engine/booking.ts';
import { isDead, overlaps, type Needs } from '../../src/engine/claim.ts';
import type { Command } from '../../src/engine/command.ts';
import { twinKey, type Decided } from '../../src/engine/decide.ts';
import type { Model, Expected } from '../../src/engine/model.test-double.ts';
import type { Writes } from '../../src/engine/snapshot.ts';
import { stockKey } from '../../src/engine/wanted.ts';
import type { World } from '../../src/engine/world.test-double.ts';
import type { Committing } from './transaction.ts';

/** A promise that does not hold any more. */
export class Violation extends Error {
  readonly promise: string;

  constructor(promise: string, what: string) {
    super(`${promise}: ${what}`);
    this.promise = promise;
  }
}

const ENDED: readonly BookingState[] = ['cancelled', 'declined', 'expired'];
const TELLS_NO_STATE = ['renewed', 'rescheduled', 'checkedIn', 'linesCancelled'].map(
  (word) => `booking.${word}`,
);

interface Kept {
  fingerprint: string;
  body: string;
  commit: number;
}

/**
 * Looks at each commit: are the answers those of the naive model, asked one command after the other in the order of
 * the commits; and do all promises hold in the tables afterwards. Looks only at what the commit touched, so that it
 * costs the same however large the world is.
 */
export class Audit {
  readonly #world: World;
  readonly #model: Model;
  readonly #states = new Map<string, BookingState>();
  readonly #kept = new Map<string, Kept>();
  readonly #effects = new Set<string>();
  #commits = 0;

  constructor(world: World, model: Model) {
    this.#world = world;
    this.#model = model;
  }

  committed({ commands, snapshot, decision, readAfter, base }: Committing): void {
    const { outcomes, writes } = decision;
    const { now, guards } = snapshot;
    this.#commits += 1;
    const named = new Set(commands.map((command) => ('bookingId' in command ? command.bookingId : '')));
    for (const [id, { state }] of writes.moved)
      if (state === 'expired' && !named.has(id) && !this.#model.bury(id, now))
        throw new Violation('expiry is a time', `${id} was ended before its time`);
    commands.forEach((command, i) => {
      const outcome = outcomes[i];
      if (outcome === undefined) throw new Violation('each command is answered', command.verb);
      if (outcome.result === 'adrift') return;
      const twin = this.#twinOf(command, readAfter, outcome);
      compare(command, outcome, twin ?? this.#model.answer(command, now, guards));
      this.#keep(command, outcome);
    });
    this.#told(writes, base);
    this.#apply(writes);
    this.#look(writes, now);
  }

  /** Everything at once, however long ago it was touched. */
  everything(now: number): void {
    for (const id of this.#world.calendars) this.#calendar(id);
    for (const key of this.#world.stock.keys()) this.#stock(key);
    for (const id of this.#world.bookings.keys()) this.#booking(id, now);
  }

  // A twin that committed after this one read and answered something else than a success came later in time.
  #twinOf(command: Command, readAfter: number, outcome: Decided): Expected | undefined {
    const asked = command.idempotency;
    const kept = asked && this.#kept.get(twinKey(asked));
    if (kept === undefined) return undefined;
    const isLater = kept.commit > readAfter && kept.commit < this.#commits;
    if (isLater && outcome.result !== 'done') return undefined;
    if (kept.fingerprint !== asked?.fingerprint.toString('latin1')) return { result: 'keyReused' };
    if (outcome.result === 'replayed' && outcome.body !== kept.body)
      throw new Violation('one effect per intention', `${asked.key} was answered with another booking`);
    return { result: 'replayed' };
  }

  #keep({ idempotency }: Command, outcome: Decided): void {
    if (idempotency === undefined || outcome.result !== 'done') return;
    this.#kept.set(twinKey(idempotency), {
      fingerprint: idempotency.fingerprint.toString('latin1'),
      body: outcome.booking.id,
      commit: this.#commits,
    });
  }

  #told(writes: Writes, base: number): void {
    if (writes.changes.length > 0 && base !== this.#world.changes.length)
      throw new Violation('changes are gapless', `numbered from ${base}, not ${this.#world.changes.length}`);
    for (const { actor, bookingId } of writes.changes)
      if (bookingId !== null) this.#once(actor, `changed ${bookingId}`); // an approval also changes those who lose
    for (const { createdBy } of writes.bookings) this.#once(createdBy, 'made a booking');
  }

  #once(actor: string, effect: string): void {
    const done = `${actor} ${effect}`;
    if (actor.startsWith('intention') && this.#effects.has(done))
      throw new Violation('one effect per intention', `${done} again`);
    this.#effects.add(done);
  }

  #apply(writes: Writes): void {
    try {
      this.#world.apply(writes);
    } catch (error) {
      throw new Violation('the database refuses nothing', error instanceof Error ? error.message : '');
    }
  }

  #look(writes: Writes, now: number): void {
    const intervals = [...writes.intervals, ...writes.releasedIntervals];
    const units = [...writes.units, ...writes.releasedUnits];
    for (const id of new Set(intervals.map((claim) => claim.resourceId))) this.#calendar(id);
    for (const key of new Set([...writes.stock.keys(), ...units.map(stockKey)])) this.#stock(key);
    const told = new Map<string, string>();
    for (const { type, bookingId } of writes.changes)
      if (bookingId !== null && !TELLS_NO_STATE.includes(type)) told.set(bookingId, type);
    const bookings = new Set([...intervals, ...units].map((claim) => claim.bookingId));
    for (const id of [...writes.moved.keys(), ...writes.redated.keys(), ...told.keys()]) bookings.add(id);
    for (const { id } of writes.bookings) bookings.add(id);
    for (const id of bookings) this.#moved(this.#booking(id, now), told.get(id));
  }

  #calendar(id: string): void {
    const claims = this.#world.intervalsOn(id).sort((a, b) => a.startsAt - b.startsAt);
    claims.forEach((claim, i) => {
      const before = claims[i - 1];
      if (before !== undefined && overlaps(before, claim))
        throw new Violation('no overlap', `${before.bookingId} and ${claim.bookingId} on ${id}`);
    });
  }

  #stock(key: string): void {
    const row = this.#world.stock.get(key);
    const units = this.#world.unitsOn(key).reduce((sum, claim) => sum + claim.units, 0);
    if (row?.taken !== units || units > row.capacity + row.overbook)
      throw new Violation('stock adds up', `${key}: ${units} claimed, ${JSON.stringify(row)}`);
  }

  #booking(id: string, now: number): Booking {
    const booking = this.#world.bookings.get(id);
    if (booking === undefined) throw new Violation('a claim has a booking', id);
    const { state, needs, totalMinor, version } = this.#model.holdings(id);
    if (booking.state !== state || booking.version !== version)
      throw new Violation('the booking is as it was told', `${id} ${booking.state} ${booking.version}`);
    if (booking.totalMinor !== totalOf(booking.lines) || booking.totalMinor !== totalMinor)
      throw new Violation('amounts add up', `${id}: ${booking.totalMinor}, not ${totalMinor}`);
    this.#claims(booking, needs, now);
    return booking;
  }

  #claims(booking: Booking, needs: readonly [number, Needs][], now: number): void {
    const claims = [...this.#world.intervalsOf(booking.id), ...this.#world.unitsOf(booking.id)];
    const wishes = this.#world.wishes.filter((wish) => wish.bookingId === booking.id).length;
    if (wishes !== (isWishing(booking) ? standingLines(booking.lines).length : 0))
      throw new Violation('only a competing request has wishes, one for each line', booking.id);
    const isDue = booking.expiresAt !== null && booking.expiresAt <= now;
    if (isDue || booking.state === 'expired') {
      if (claims.every((claim) => isDead(claim, now))) return;
      throw new Violation('what has expired holds nothing', booking.id);
    }
    if (claims.some((claim) => claim.expiresAt !== booking.expiresAt))
      throw new Violation('a hold and its claims expire together', booking.id);
    const standing = claims.map(nameOfClaim).sort().join();
    if (standing !== needs.flatMap(namesOfNeeds).sort().join())
      throw new Violation('a booking claims what it needs', `${booking.id} ${booking.state}: ${standing}`);
  }

  #moved(booking: Booking, told: string | undefined): void {
    const before = this.#states.get(booking.id);
    this.#states.set(booking.id, booking.state);
    if (before === booking.state) return;
    // Within one batch a booking may pass through several states; each single move is the ledger's to refuse.
    if (before !== undefined && !isReachable(before, booking.state))
      throw new Violation('legal moves only', `${booking.id}: ${before} to ${booking.state}`);
    if (told !== `booking.${booking.state}`)
      throw new Violation('the last change tells the state', `${booking.id}: ${booking.state}, not ${told}`);
  }
}

const STATES: readonly BookingState[] = ['paying', 'requested', 'confirmed', 'completed', 'noShow', ...ENDED];

function isReachable(from: BookingState, to: BookingState): boolean {
  if (ENDED.includes(from)) return false;
  return canMove(from, to) || STATES.some((via) => canMove(from, via) && isReachable(via, to));
}

function compare({ verb }: Command, outcome: Decided, expected: Expected): void {
  if (outcome.result !== expected.result)
    throw new Violation('answers as one at a time', `${verb}: ${outcome.result}, not ${expected.result}`);
  if (outcome.result !== 'refused') return;
  const [given, wanted] = [outcome.conflicts, expected.conflicts ?? []].map((all) =>
    all.map((c) => `${c.line} ${c.resource} ${c.reason} ${c.available ?? ''}`).join(),
  );
  if (given !== wanted) throw new Violation('a refusal has its reason', `${verb}: ${given}, not ${wanted}`);
}

function nameOfClaim(
  claim: { lineNo: number; resourceId: string } & (
    { startsAt: number; endsAt: number } | { bucket: string; units: number }
  ),
): string {
  const at = 'bucket' in claim ? `${claim.bucket} ${claim.units}` : `${claim.startsAt} ${claim.endsAt}`;
  return `${claim.lineNo} ${claim.resourceId} ${at}`;
}

function namesOfNeeds([lineNo, { intervals, units }]: [number, Needs]): string[] {
  return [...intervals, ...units].map((need) => nameOfClaim({ lineNo, ...need }));
}
