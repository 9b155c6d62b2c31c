import type { AskedLine, Kind, MovedLine } from '../kind.ts';
import { againstApproval } from './against.ts';
import { roomAlternatives } from './alternatives.ts';
import { roomInvariants } from './invariants.ts';
import { askedOf, resolveRoomLines } from './line.ts';
import { moveRoomLine } from './move.ts';
import { releaseNoShows } from './no-shows.ts';
import { roomRoutes } from './routes.ts';
import { RoomLine } from './schema.ts';

/** Rooms: exclusive intervals on a room's calendar. */
export const rooms: Kind = {
  name: 'rooms',
  lines: { room: RoomLine },
  resolve: (context, lines) => resolveRoomLines(context, lines as readonly AskedLine<RoomLine>[]),
  move: (moved, ...rest) => moveRoomLine(moved as MovedLine<RoomLine>, ...rest),
  against: againstApproval,
  when: ({ details }) => askedOf(details as unknown as RoomLine),
  alternatives: roomAlternatives,
  routes: roomRoutes,
  recurring: ({ db, engine }) => [
    {
      name: 'release rooms where nobody came',
      everyMs: 15_000,
      step: async () => {
        await releaseNoShows(db, engine);
        return false;
      },
    },
  ],
  invariants: roomInvariants,
};
