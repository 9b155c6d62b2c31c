import type { BookingLine } from '../../engine/index.ts';
import { reasons, type Fault } from '../../platform/errors.ts';
import type { Against, ResolveContext } from '../kind.ts';
import { guardsOf } from '../line.ts';
import { roomsForSale, type RoomForSale } from './catalogue.ts';
import { askedOf } from './line.ts';
import { blackout } from './rules.ts';
import type { Single } from './series.ts';

/** A request waits, and meanwhile its room may have been blacked out or taken out of the catalogue. */
export async function againstApproval(
  { db, tenant, fresh }: Pick<ResolveContext, 'db' | 'tenant' | 'fresh'>,
  lines: readonly BookingLine[],
): Promise<Against> {
  const asked = lines.map((line) => ({ no: line.no, line: line.details as unknown as Single }));
  const ids = asked.map(({ line }) => line.roomId);
  const rooms = await roomsForSale(db, tenant.id, ids, fresh);
  return {
    faults: asked.flatMap(({ no, line }) => faultOf(no, line, rooms.get(line.roomId))),
    guards: guardsOf(rooms),
  };
}

function faultOf(no: number, line: Single, room: RoomForSale | undefined): Fault[] {
  if (room === undefined) return [];
  if (room.archived) return [{ pointer: '', reason: 'archived', detail: `Line ${no}: ${reasons.archived}` }];
  const refusal = blackout({ room, asked: askedOf(line) });
  if (refusal === undefined) return [];
  const { field: _, detail, ...fault } = refusal;
  return [
    { pointer: '', ...fault, detail: `Line ${no}: ${detail} Remove the blackout, or decline the request.` },
  ];
}
