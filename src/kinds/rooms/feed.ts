import { hash, timingSafeEqual } from 'node:crypto';
import ical, { ICalCalendarMethod, ICalEventStatus } from 'ical-generator';
import { recordChange } from '../../engine/change.ts';
import type { Instant } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/db.ts';
import { notFound, Problem } from '../../platform/errors.ts';
import { newSecret, type Uuid } from '../../platform/id.ts';
import type { Row } from '../../platform/statement.ts';
import { DAY_MS } from '../../platform/zone.ts';
import * as sql from './feed-queries.ts';
import { roomShelf } from './room.ts';

/** What is over, or was cancelled, stays in the calendar so long. */
const PAST_DAYS = 30;
const AHEAD_DAYS = 366;
/** A year of a room that is booked by the hour all day, every working day. */
const MOST_EVENTS = 3_000;

type Line = Row<typeof sql.feedLines.columns>;
type Event = Line & { isCancelled: boolean };

/** Gives a room's calendar a secret address, the only time that the token can be seen; the one before is void. */
export async function openFeed(tx: Transaction, actor: string, roomId: Uuid): Promise<string> {
  const token = newSecret(); // 256 bits
  await roomShelf.read(tx, roomId);
  await tx.run(sql.putFeed, roomId, sha256(token));
  await recordChange(tx, { type: 'room.feedOpened', resourceIds: [roomId], actor });
  return token;
}

/** Makes the secret address void. */
export async function closeFeed(tx: Transaction, actor: string, roomId: Uuid): Promise<void> {
  await roomShelf.read(tx, roomId);
  const closed = await tx.run(sql.deleteFeed, roomId);
  if (closed.length > 0) await recordChange(tx, { type: 'room.feedClosed', resourceIds: [roomId], actor });
}

/**
 * The calendar of a room as RFC 5545 text, for whoever knows the token: what is booked, and as cancelled what this
 * calendar has shown before and is gone from the room. Throws `forbidden` for any other token.
 */
export async function feedText(
  db: Database,
  tenant: Uuid,
  roomId: Uuid,
  token: string,
  now: Instant,
): Promise<string> {
  const from = Math.floor(now / DAY_MS - PAST_DAYS) * DAY_MS;
  const to = Math.floor(now / DAY_MS + AHEAD_DAYS) * DAY_MS;
  return db.inTenant(tenant, async (tx) => {
    const [room] = await tx.run(sql.feedOf, roomId);
    if (room === undefined) throw notFound('room');
    requireToken(room.tokenHash, token);
    const [lines, shown] = await Promise.all([
      tx.run(sql.feedLines, roomId, from, to, MOST_EVENTS),
      tx.run(sql.shownLines, roomId, from),
    ]);
    await remember(tx, roomId, lines, shown, from);
    const events = [
      ...lines.map((line) => ({ ...line, isCancelled: false })),
      ...goneOf(shown, lines, MOST_EVENTS).map((line) => ({ ...line, isCancelled: true })),
    ];
    return calendarText(`${room.name}, ${room.building}`, events);
  });
}

type Shown = Pick<Line, 'bookingId' | 'line' | 'endsAt'>;

/** Of what was shown, what is not there any more. A full calendar does not tell what stands behind its last line. */
export function goneOf<S extends Shown>(shown: readonly S[], lines: readonly Shown[], most: number): S[] {
  const standing = new Set(lines.map(nameOf));
  const seenUntil = lines.length < most ? Infinity : (lines.at(-1)?.endsAt ?? Infinity);
  return shown.filter((line) => !standing.has(nameOf(line)) && line.endsAt <= seenUntil);
}

function requireToken(expected: Buffer | null, token: string): void {
  if (expected !== null && timingSafeEqual(expected, sha256(token))) return;
  throw new Problem('forbidden', 'This address is not, or no longer, that of a calendar. Ask for a new one.');
}

/** Writes down what is shown for the first time or at another time than before; mostly nothing. */
async function remember(
  tx: Transaction,
  roomId: Uuid,
  lines: readonly Line[],
  shown: readonly Line[],
  from: Instant,
): Promise<void> {
  const before = new Map(shown.map((line) => [nameOf(line), line]));
  const news = lines.filter((line) => {
    const known = before.get(nameOf(line));
    return known?.startsAt !== line.startsAt || known.endsAt !== line.endsAt;
  });
  if (news.length === 0) return;
  void tx.run(sql.forgetShown, roomId, from);
  await tx.run(
    sql.rememberShown,
    roomId,
    news.map((line) => line.bookingId),
    news.map((line) => line.line),
    news.map((line) => line.startsAt),
    news.map((line) => line.endsAt),
  );
}

/** Nothing in it comes from the moment of asking, so that the same calendar is the same text. */
function calendarText(name: string, events: readonly Event[]): string {
  const calendar = ical({ name, prodId: { company: 'holdfast', product: 'rooms', language: 'EN' } });
  calendar.method(ICalCalendarMethod.PUBLISH);
  for (const event of events)
    calendar.createEvent({
      id: `${event.bookingId}-${event.line}@holdfast`,
      sequence: event.version,
      stamp: new Date(event.createdAt),
      start: new Date(event.startsAt),
      end: new Date(event.endsAt),
      summary: `Booked (${event.reference})`,
      description: event.note,
      location: name,
      status: statusOf(event),
    });
  return calendar.toString();
}

function statusOf({ isCancelled, state }: Event): ICalEventStatus {
  if (isCancelled) return ICalEventStatus.CANCELLED;
  return state === 'requested' ? ICalEventStatus.TENTATIVE : ICalEventStatus.CONFIRMED;
}

function nameOf({ bookingId, line }: Pick<Line, 'bookingId' | 'line'>): string {
  return `${bookingId} ${line}`;
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
