import type { KeyObject } from 'node:crypto';
import type { Booking } from '../../engine/index.ts';
import { iso, type Instant } from '../../platform/clock.ts';
import { reasons, type Reason } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { letsIn, sectionOf, type Door } from './entrance.ts';
import { isPlaceOf } from './place.ts';
import { keyOf, type Ticket, type TicketKey, type Use } from './ticket.ts';
import { companyMark } from './ticket-key.ts';
import { readToken, type TicketClaim } from './ticket-token.ts';

/** A ticket at a door. What was not named is empty: scans are told apart by all of this. */
export interface Scan extends TicketKey {
  scannedAt: Instant;
  device: string;
  entrance: string;
}
export type Outcome = 'counted' | 'duplicate' | 'undone';
export type SettledScan = Scan & { outcome: Outcome };

/** Why somebody is not let in. */
export interface Refused {
  reason: Reason;
  detail: string;
  used?: Use;
}

/** How far the clock of a device may be ahead, or a booking younger than its scan, before the scan is refused. */
const CLOCKS_DIFFER_MS = 60_000;

/** What a token claims, if it is one that this company signed for a place of this event. */
export function readScanned(
  token: string,
  tenant: Uuid,
  eventId: Uuid,
  keys: ReadonlyMap<string, KeyObject>,
): TicketClaim | Refused {
  const claim = readToken(token);
  if (claim === undefined) return refused('ticket_forged');
  if (!claim.keyId.startsWith(companyMark(tenant))) return refused('ticket_foreign');
  const key = keys.get(claim.keyId);
  if (key === undefined || !claim.isSignedBy(key)) return refused('ticket_forged');
  return isPlaceOf(eventId, claim.placeId) ? claim : refused('ticket_other_event');
}

/** The ticket of a token that is good, unless something stands in its way, apart from that it may have been used. */
export function admit(
  booking: Booking | undefined,
  ticket: Ticket | undefined,
  version: number,
  door: Door,
  at: { scannedAt: Instant; now: Instant },
): { booking: Booking; ticket: Ticket } | Refused {
  if (booking === undefined || booking.state === 'cancelled') return refused('ticket_revoked');
  if (booking.state !== 'confirmed')
    return refused('ticket_not_confirmed', `The booking is ${booking.state}, so its tickets let nobody in.`);
  if (ticket === undefined || ticket.version !== version) return refused('ticket_revoked');
  if (door.event.state === 'cancelled') return refused('event_cancelled');
  const isPossible =
    at.scannedAt <= at.now + CLOCKS_DIFFER_MS && at.scannedAt >= booking.createdAt - CLOCKS_DIFFER_MS;
  if (!isPossible) return refused('wrong_clock');
  return letsIn(door, ticket.placeId)
    ? { booking, ticket }
    : refused('wrong_entrance', wrongEntrance(door, ticket.placeId));
}

export function usedBefore(used: Use): Refused {
  const where = used.entrance === null ? '' : ` at ${used.entrance}`;
  return { ...refused('ticket_used', `This ticket was used${where} on ${iso(used.at)}.`), used };
}

export function isRefused(found: object): found is Refused {
  return 'reason' in found;
}

function refused(reason: Reason, detail: string = reasons[reason]): Refused {
  return { reason, detail };
}

function wrongEntrance({ entrance, event }: Door, placeId: Uuid): string {
  const section = sectionOf(event.sections, placeId)?.name ?? 'another section';
  return `This ticket is not let in at ${entrance}: its place is in ${section}.`;
}

/**
 * What becomes of the scans of one ticket: the earliest that was not undone counts, whichever came to us first. So it is
 * the same in whatever order, and however often, scans arrive.
 */
function settle(scans: readonly Scan[], undoneAt: Instant | null): SettledScan[] {
  const standing = scans.filter(({ scannedAt }) => undoneAt === null || scannedAt > undoneAt);
  const first = standing.reduce<Scan | undefined>(
    (earliest, scan) => (earliest === undefined || isBefore(scan, earliest) ? scan : earliest),
    undefined,
  );
  return scans.map((scan) => {
    const outcome = scan === first ? 'counted' : standing.includes(scan) ? 'duplicate' : 'undone';
    return { ...scan, outcome };
  });
}

function isBefore(a: Scan, b: Scan): boolean {
  if (a.scannedAt !== b.scannedAt) return a.scannedAt < b.scannedAt;
  if (a.device !== b.device) return a.device < b.device;
  return a.entrance < b.entrance;
}

export function scanKey(scan: Scan): string {
  return JSON.stringify([keyOf(scan), scan.scannedAt, scan.device, scan.entrance]);
}

/** The scans of one ticket that are known and those that arrive, put together: what is new, and what is no longer as it was. */
export function merge(
  known: readonly SettledScan[],
  arriving: readonly Scan[],
  undoneAt: Instant | null,
): { all: SettledScan[]; added: SettledScan[]; changed: SettledScan[] } {
  const before = new Map(known.map((scan) => [scanKey(scan), scan]));
  const united = new Map<string, Scan>([...arriving, ...known].map((scan) => [scanKey(scan), scan]));
  const all = settle([...united.values()], undoneAt);
  return {
    all,
    added: all.filter((scan) => !before.has(scanKey(scan))),
    changed: all.filter((scan) => (before.get(scanKey(scan))?.outcome ?? scan.outcome) !== scan.outcome),
  };
}
