import { once } from '../../engine/idempotency.ts';
import { repeatable, sendAnswer } from '../../people/repeat.ts';
import type { App } from '../../people/route.ts';
import type { Database } from '../../platform/db.ts';
import { createSeries } from './series.ts';
import { NewSeries, Series } from './series-schema.ts';

export function seriesRoute(app: App, db: Database): void {
  app.post(
    '/events/series',
    {
      schema: {
        tags: ['Events'],
        summary: 'Add the same event on many dates, each as a draft',
        operationId: 'createEventSeries',
        body: NewSeries,
        response: { 201: Series },
      },
      config: { permission: 'catalogue.write' },
    },
    async (request, reply) => {
      const { actor, body } = request;
      const made = await once(db, actor.tenant.id, repeatable(request), async (tx) => ({
        status: 201,
        body: JSON.stringify(await createSeries(tx, actor.principal, body)),
      }));
      return sendAnswer(reply, made);
    },
  );
}
