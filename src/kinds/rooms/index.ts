import type { AskedLine, Kind } from '../kind.ts';
import { roomAlternatives } from './alternatives.ts';
import { roomInvariants } from './invariants.ts';
import { resolveRoomLines } from './line.ts';
import { roomRoutes } from './routes.ts';
import { RoomLine } from './schema.ts';

/** Rooms: exclusive intervals on a room's calendar. */
export const rooms: Kind = {
  name: 'rooms',
  lines: { room: RoomLine },
  resolve: (context, lines) => resolveRoomLines(context, lines as readonly AskedLine<RoomLine>[]),
  alternatives: roomAlternatives,
  routes: roomRoutes,
  invariants: roomInvariants,
};
