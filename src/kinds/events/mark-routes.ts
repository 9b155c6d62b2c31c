import { once } from '../../engine/idempotency.ts';
import { repeatable, sendAnswer } from '../../people/repeat.ts';
import type { App } from '../../people/route.ts';
import type { Database } from '../../platform/db.ts';
import { IdPath } from '../../platform/schema.ts';
import { markSeats, type SeatVerb } from './mark.ts';
import { MarkedSeats, SeatsToMark } from './schema.ts';

export function markRoutes(app: App, db: Database): void {
  markRoute(app, db, 'kill', 'Take seats out of the sale');
  markRoute(app, db, 'house', 'Keep seats for the house: only staff who name them sell them');
  markRoute(app, db, 'release', 'Put seats back on sale');
}

function markRoute(app: App, db: Database, verb: SeatVerb, summary: string): void {
  app.post(
    `/events/:id/seats/${verb}`,
    {
      schema: {
        tags: ['Events'],
        summary,
        operationId: `${verb}Seats`,
        params: IdPath,
        body: SeatsToMark,
        response: { 200: MarkedSeats },
      },
      config: { permission: 'catalogue.write' },
    },
    async (request, reply) => {
      const { actor, params, body } = request;
      const marked = await once(db, actor.tenant.id, repeatable(request), async (tx) => ({
        status: 200,
        body: JSON.stringify(await markSeats(tx, actor.principal, params.id, verb, body)),
      }));
      return sendAnswer(reply, marked);
    },
  );
}
