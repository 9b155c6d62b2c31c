import type pg from 'pg';
import { examine } from '../../src/engine/examine.ts';
import { promises } from '../../src/kinds/index.ts';
import { asOwner } from '../../src/platform/migrate.ts';
import type { Entry, ToldBooking } from './ledger.ts';
import { takenBy } from './wares.ts';

/** What is wrong when the customers' ledger is laid beside the database; all of it must be empty. */
export interface Findings {
  /** Bookings that somebody was told of and that the database does not have, or has in an older state. */
  lost: string[];
  /** What the database has although nobody was told so. */
  ghosts: string[];
  /** Intentions that became two bookings. */
  doubled: string[];
  /** Intentions of which nobody ever learned what became of them. */
  unresolved: string[];
  /** Cells that two customers were told to have at one time. */
  soldTwice: string[];
  /** Answers that nobody should ever get. */
  surprises: string[];
  /** Promises of the doctor that do not hold. */
  broken: string[];
}

interface KeptBooking extends ToldBooking {
  note: string | null;
}

/** Bookings that confirmed customers have at rest, by cell. */
export type Sold = Map<string, number>;

type Acknowledged = Entry & { what: 'acknowledged' };

export interface Books {
  tenant: string;
  entries: readonly Entry[];
  capacity: ReadonlyMap<string, number>;
  /** Promises that this run breaks on purpose. */
  excused: readonly string[];
}

export async function audit(ownerUrl: string, books: Books): Promise<{ findings: Findings; sold: Sold }> {
  const { tenant, entries, capacity, excused } = books;
  const { kept, broken } = await asOwner(ownerUrl, async (client) => ({
    kept: await keptBookings(client, tenant),
    broken: await brokenPromises(client),
  }));
  const told = acknowledgedByBooking(entries);
  const findings: Findings = {
    lost: [...told].flatMap(([id, acks]) => lostOf(id, acks, kept.get(id))),
    ghosts: ghosts(kept, told, entries),
    doubled: doubled(kept),
    unresolved: unresolved(entries),
    soldTwice: soldTwice(told, firstAsked(entries), capacity),
    surprises: entries.flatMap((e) => (e.what === 'surprise' ? [`${e.verb}: ${e.status} ${e.code}`] : [])),
    broken: broken.filter((id) => !excused.includes(id)),
  };
  return { findings, sold: soldIn(kept) };
}

async function keptBookings(client: pg.Client, tenant: string): Promise<Map<string, KeptBooking>> {
  await client.query(`select set_config('holdfast.tenant', $1, false)`, [tenant]);
  const { rows } = await client.query<KeptBooking>(
    `select b.id, b.state, b.version, b.expires_at::text as "expiresAt", b.note,
        json_agg(l.details || jsonb_build_object('no', l.line_no, 'kind', l.kind, 'cancelledAt', l.cancelled_at)
          order by l.line_no) as lines
      from engine.booking b
      join engine.booking_line l on l.tenant_id = b.tenant_id and l.booking_id = b.id
      where b.tenant_id = $1 group by b.tenant_id, b.id`,
    [tenant],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

async function brokenPromises(client: pg.Client): Promise<string[]> {
  const found = await Array.fromAsync(examine(client, promises));
  return found.filter(({ broken }) => broken > 0).map(({ id }) => id);
}

function acknowledgedByBooking(entries: readonly Entry[]): Map<string, Acknowledged[]> {
  const acks = entries.filter((entry): entry is Acknowledged => entry.what === 'acknowledged');
  return Map.groupBy(acks, ({ booking }) => booking.id);
}

/** Each booking has one customer, who asks for one thing after the other: what was told last must be there. */
function lostOf(id: string, acks: readonly Acknowledged[], kept: KeptBooking | undefined): string[] {
  const last = acks.at(-1)?.booking;
  if (kept === undefined) return [`${id} is not there`];
  if (last !== undefined && !follows(kept, last)) return [`${id} was ${says(last)}, is ${says(kept)}`];
  const back = acks.find(({ booking }, i) => i > 0 && !follows(booking, acks[i - 1]?.booking ?? booking));
  return back === undefined ? [] : [`${id} went back to ${says(back.booking)}`];
}

/** Whether `later` is the same as `earlier` or came after it. */
function follows(later: ToldBooking, earlier: ToldBooking): boolean {
  return later.version > earlier.version || says(later) === says(earlier);
}

function says({ state, version, lines }: ToldBooking): string {
  return `${state} ${version} ${JSON.stringify([...takenBy(lines)].sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}

/** Bookings that nobody was told of, and moves of a booking that its customer was never told of: expiry aside. */
function ghosts(
  kept: ReadonlyMap<string, KeptBooking>,
  told: ReadonlyMap<string, readonly Acknowledged[]>,
  entries: readonly Entry[],
): string[] {
  const refused = new Set(entries.flatMap((e) => (e.what === 'refused' ? [e.intention] : [])));
  return [...kept.values()].flatMap((booking) => {
    const last = told.get(booking.id)?.at(-1)?.booking;
    if (last === undefined)
      return [
        `${booking.id}: its hold was ${refused.has(booking.note ?? '') ? 'refused' : 'never answered'}`,
      ];
    const expired =
      booking.state === 'expired' && last.state === 'held' && booking.version === last.version + 1;
    return booking.version <= last.version || expired
      ? []
      : [`${booking.id} was ${says(last)}, is ${says(booking)}`];
  });
}

function doubled(kept: ReadonlyMap<string, KeptBooking>): string[] {
  const byNote = Map.groupBy(kept.values(), ({ note }) => note);
  return [...byNote].flatMap(([note, all]) => (all.length > 1 ? [`${note}: ${all.length} bookings`] : []));
}

function unresolved(entries: readonly Entry[]): string[] {
  const last = new Map(entries.map((entry) => [entry.intention, entry]));
  return [...last.values()].flatMap((e) => (e.what === 'unknown' ? [`${e.verb} ${e.intention}`] : []));
}

/** When each intention was first asked for: from then on it may have taken effect. */
function firstAsked(entries: readonly Entry[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const { intention, sentAt } of entries) if (!first.has(intention)) first.set(intention, sentAt);
  return first;
}

/**
 * Cells of which customers had more than there is, at any moment: what a booking takes is its customer's from the
 * answer until the customer asks for the next change of it, or until it expires.
 */
function soldTwice(
  told: ReadonlyMap<string, readonly Acknowledged[]>,
  asked: ReadonlyMap<string, number>,
  capacity: ReadonlyMap<string, number>,
): string[] {
  const steps = new Map<string, { at: number; units: number }[]>();
  for (const acks of told.values())
    acks.forEach(({ at, booking }, i) => {
      if (booking.state !== 'held' && booking.state !== 'confirmed') return;
      const next = acks[i + 1];
      const changed = next === undefined ? Infinity : (asked.get(next.intention) ?? next.sentAt);
      const until = Math.min(changed, booking.expiresAt === null ? Infinity : Date.parse(booking.expiresAt));
      if (until <= at) return;
      for (const [cell, units] of takenBy(booking.lines)) {
        const list = steps.get(cell) ?? [];
        list.push({ at, units }, { at: until, units: -units });
        steps.set(cell, list);
      }
    });
  return [...steps].flatMap(([cell, list]) => {
    const most = highest(list);
    return most > (capacity.get(cell) ?? 0) ? [`${cell}: ${most} at one time`] : [];
  });
}

function highest(steps: { at: number; units: number }[]): number {
  let now = 0;
  let most = 0;
  for (const { units } of steps.sort((a, b) => a.at - b.at || a.units - b.units)) {
    now += units;
    most = Math.max(most, now);
  }
  return most;
}

function soldIn(kept: ReadonlyMap<string, KeptBooking>): Sold {
  const sold: Sold = new Map();
  for (const { state, lines } of kept.values())
    if (state === 'confirmed')
      for (const [cell, units] of takenBy(lines)) sold.set(cell, (sold.get(cell) ?? 0) + units);
  return sold;
}
