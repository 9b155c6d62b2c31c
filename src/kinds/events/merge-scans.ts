import { recordChanges, type CatalogueChange } from '../../engine/change.ts';
import type { Booking } from '../../engine/index.ts';
import { iso } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db.ts';
import type { Uuid } from '../../platform/id.ts';
import { parseInstant } from '../../platform/schema.ts';
import {
  lockTickets,
  markWhole,
  openDoor,
  rewriteScans,
  writeScans,
  type Arriving,
  type AtDoor,
} from './check-in.ts';
import { findDoor } from './entrance.ts';
import {
  admit,
  isRefused,
  merge,
  readScanned,
  scanKey,
  usedBefore,
  type Refused,
  type Scan,
  type SettledScan,
} from './scan.ts';
import { scansOf } from './scan-queries.ts';
import type { Merged, ScanBatch } from './ticket-schema.ts';
import type { TicketClaim } from './ticket-token.ts';
import { keyOf, ticketId, useOf, type Ticket, type Use } from './ticket.ts';

interface Admitted {
  booking: Booking;
  ticket: Ticket;
  scan: Scan;
}

/** The scans of some tickets, those known before and those that arrive, as they count now. */
interface Settled {
  all: SettledScan[];
  added: SettledScan[];
  changed: SettledScan[];
}

/**
 * Puts the scans of a device that was offline to those that are known: of each ticket the earliest counts. In whatever order
 * devices send theirs, and however often, the same scans count in the end. Scans that are refused change nothing.
 */
export async function mergeScans(
  tx: Transaction,
  actor: string,
  eventId: Uuid,
  { device, scans }: ScanBatch,
): Promise<Merged> {
  const at = await openDoor(tx, eventId);
  const claims = scans.map(({ token }) => readScanned(token, tx.tenant, eventId, at.keys));
  const ids = claims.flatMap((claim) => (isRefused(claim) ? [] : claim.bookingId));
  const arriving = await lockTickets(tx, [...new Set(ids)]);
  const judged = claims.map((claim, i) => {
    const scan = scans[i];
    return scan === undefined || isRefused(claim)
      ? (claim as Refused)
      : judge(claim, { ...scan, device }, at, arriving);
  });
  const settled = await settleAll(
    tx,
    judged.flatMap((each) => (isRefused(each) ? [] : each)),
  );
  await keep(tx, actor, settled);
  const bookings = judged.flatMap((each) => (isRefused(each) ? [] : each.booking));
  const counted = [...arriving.counted, ...settled.all.filter(({ outcome }) => outcome === 'counted')];
  const marks = await markWhole(tx, actor, [...new Set(bookings)], counted, at.now);
  await recordChanges(tx, [...tell(settled, eventId, device, actor), ...marks]);
  return toMerged(judged, settled);
}

type OfflineScan = ScanBatch['scans'][number] & { device: string };

function judge(
  claim: TicketClaim,
  { at, entrance, device }: OfflineScan,
  { event, now }: AtDoor,
  arriving: Arriving,
): Admitted | Refused {
  const scannedAt = parseInstant(at);
  const door = findDoor(event, entrance);
  if (door === undefined) return { reason: 'wrong_entrance', detail: 'The event has no such entrance.' };
  const found = [arriving.booking(claim.bookingId), arriving.ticket(claim)] as const;
  const admitted = admit(...found, claim.version, door, { scannedAt, now });
  if (isRefused(admitted)) return admitted;
  const { used, isScanned } = admitted.ticket;
  if (used !== null && !isScanned) return usedBefore(used); // its whole line came in already
  const { bookingId, lineNo, placeId } = claim;
  return { ...admitted, scan: { bookingId, lineNo, placeId, scannedAt, device, entrance: door.entrance } };
}

async function settleAll(tx: Transaction, admitted: readonly Admitted[]): Promise<Settled> {
  const byTicket = Map.groupBy(admitted, ({ ticket }) => keyOf(ticket));
  const tickets = [...byTicket.values()].flatMap(([first]) => first?.ticket ?? []);
  const rows = await tx.run(
    scansOf,
    tickets.map(({ bookingId }) => bookingId),
    tickets.map(({ lineNo }) => lineNo),
    tickets.map(({ placeId }) => placeId),
  );
  const known = Map.groupBy(rows as SettledScan[], keyOf);
  const merged = tickets.map((ticket) => {
    const arriving = (byTicket.get(keyOf(ticket)) ?? []).map(({ scan }) => scan);
    return merge(known.get(keyOf(ticket)) ?? [], arriving, ticket.undoneAt);
  });
  return {
    all: merged.flatMap(({ all }) => all),
    added: merged.flatMap(({ added }) => added),
    changed: merged.flatMap(({ changed }) => changed),
  };
}

async function keep(tx: Transaction, actor: string, { added, changed }: Settled): Promise<void> {
  if (changed.length > 0) await rewriteScans(tx, changed); // first: of two scans of a ticket only one may ever count
  if (added.length > 0) await writeScans(tx, actor, added);
}

function tell({ added, changed }: Settled, eventId: Uuid, device: string, actor: string): CatalogueChange[] {
  if (added.length === 0) return [];
  const scans = [...added, ...changed].map((scan) => ({
    ...{ ticketId: ticketId(scan), at: iso(scan.scannedAt), device: scan.device },
    ...{ entrance: scan.entrance, outcome: scan.outcome },
  }));
  return [{ type: 'ticket.scansMerged', resourceIds: [], actor, payload: { eventId, device, scans } }];
}

function toMerged(judged: readonly (Admitted | Refused)[], { all, changed }: Settled): Merged {
  const outcomes = new Map(all.map((scan) => [scanKey(scan), scan.outcome]));
  const winners = new Map(
    all.filter(({ outcome }) => outcome === 'counted').map((scan) => [keyOf(scan), useOf(scan)]),
  );
  const results = judged.map((each): Merged['results'][number] => {
    if (isRefused(each)) return ofRefused(each);
    const id = ticketId(each.ticket);
    switch (outcomes.get(scanKey(each.scan))) {
      case 'counted':
        return { result: 'accepted', ticketId: id };
      case 'duplicate':
        return { result: 'duplicate', ticketId: id, ...usedBy(winners.get(keyOf(each.ticket))) };
      default:
        return { result: 'undone', ticketId: id };
    }
  });
  const count = (result: string) => results.filter((each) => each.result === result).length;
  return {
    ...{ accepted: count('accepted'), duplicates: count('duplicate'), undone: count('undone') },
    refused: count('refused'),
    results,
    displaced: changed.map((scan) => ({ ticketId: ticketId(scan), ...toUsed(useOf(scan)) })),
  };
}

function ofRefused({ reason, detail, used }: Refused): Merged['results'][number] {
  if (used !== undefined) return { result: 'duplicate', ticketId: null, ...usedBy(used) };
  return { result: 'refused', ticketId: null, reason, detail };
}

function usedBy(used: Use | undefined) {
  return used === undefined ? {} : { used: toUsed(used) };
}

function toUsed(used: Use) {
  return { ...used, at: iso(used.at) };
}
