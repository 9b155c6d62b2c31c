import type { Engine } from '../../engine/index.ts';
import { ONLY_BUCKET } from '../../engine/index.ts';
import type { Actor } from '../../people/access.ts';
import type { App } from '../../people/route.ts';
import type { Database } from '../../platform/db.ts';
import { notFound, Problem, ruleViolated } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { inventory } from './event-queries.ts';
import { toSection } from './inventory.ts';
import { SectionNow } from './inventory-schema.ts';
import { NewCapacity, SectionPath } from './schema.ts';

/** How many places a standing section sells can be changed while it sells. */
export function capacityRoute(app: App, { db, engine }: { db: Database; engine: Engine }): void {
  app.put(
    '/events/:id/sections/:sectionId/capacity',
    {
      schema: {
        tags: ['Events'],
        summary: 'Change how many places a standing section sells',
        description:
          'Refused with `in_use` when more places are taken than there would be, and then it says how many.',
        operationId: 'setSectionCapacity',
        params: SectionPath,
        body: NewCapacity,
        response: { 200: SectionNow },
      },
      config: { permission: 'catalogue.write' },
    },
    async ({ actor, params: { id, sectionId }, body }) => {
      await requireStanding(db, actor.tenant.id, id, sectionId);
      await setCapacity(engine, actor, sectionId, body);
      return readSection(db, actor.tenant.id, id, sectionId);
    },
  );
}

async function setCapacity(
  engine: Engine,
  { tenant, principal }: Actor,
  sectionId: Uuid,
  { capacity, overbook = 0 }: NewCapacity,
): Promise<void> {
  const outcome = await engine.perform(tenant.id, {
    verb: 'resize',
    actor: principal,
    rows: [{ resourceId: sectionId, bucket: ONLY_BUCKET, capacity, overbook }],
  });
  if (outcome.result === 'resized') return;
  if (outcome.result !== 'belowTaken') throw notFound('section');
  const taken = capacity + overbook + (outcome.short[0]?.by ?? 0);
  const detail = `${taken} places are taken, so capacity and overbook must make at least that many together.`;
  throw new Problem('in_use', detail, {
    errors: [{ pointer: '/capacity', reason: 'below_taken', detail, limit: taken - overbook }],
  });
}

async function requireStanding(db: Database, tenant: Uuid, eventId: Uuid, sectionId: Uuid): Promise<void> {
  const [section] = await db.read(tenant, inventory, eventId, false, sectionId);
  if (section === undefined) throw notFound('section');
  if (section.isDraft)
    throw new Problem('wrong_state', 'Publish the event first: a draft sells nothing yet.');
  if (section.kind === 'seated')
    throw ruleViolated(
      '/capacity',
      'seats_numbered',
      'This section has numbered seats, so it has as many places as seats.',
    );
}

async function readSection(db: Database, tenant: Uuid, eventId: Uuid, sectionId: Uuid): Promise<SectionNow> {
  const [section] = await db.read(tenant, inventory, eventId, false, sectionId);
  if (section === undefined) throw notFound('section');
  return toSection(section);
}
