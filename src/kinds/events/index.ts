import type { AskedLine, Kind } from '../kind.ts';
import { eventAlternatives } from './alternatives.ts';
import { attendeeRoutes } from './attendee-routes.ts';
import { capacityRoute } from './capacity.ts';
import { eventRoutes } from './event-routes.ts';
import { eventInvariants } from './invariants.ts';
import { checkInRoutes } from './check-in-routes.ts';
import { resolveEventLines, type EventLine } from './line.ts';
import { markRoutes } from './mark-routes.ts';
import { salesRoute } from './sales-routes.ts';
import { AdmissionLine, BestSeatsLine, SeatLine } from './schema.ts';
import { ticketInvariants } from './ticket-invariants.ts';
import { ticketRoutes } from './ticket-routes.ts';
import { venueRoutes } from './venue-routes.ts';

/** Events: numbered seats, and places in standing sections. */
export const events: Kind = {
  name: 'events',
  lines: { seat: SeatLine, bestSeats: BestSeatsLine, admission: AdmissionLine },
  resolve: (context, lines) => resolveEventLines(context, lines as readonly AskedLine<EventLine>[]),
  alternatives: eventAlternatives,
  routes: (app, deps) => {
    venueRoutes(app, deps);
    eventRoutes(app, deps);
    capacityRoute(app, deps);
    markRoutes(app, deps.db);
    attendeeRoutes(app, deps);
    salesRoute(app, deps.db);
    ticketRoutes(app, deps);
    checkInRoutes(app, deps);
  },
  invariants: [...eventInvariants, ...ticketInvariants],
};
