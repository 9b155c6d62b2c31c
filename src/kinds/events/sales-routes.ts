import { Type } from 'typebox';
import type { App } from '../../people/route.ts';
import { resourceTag } from '../../platform/cache/tags.ts';
import type { Database } from '../../platform/db.ts';
import { notFound } from '../../platform/errors.ts';
import { AmountMinor, Id, IdPath, nullable, strict } from '../../platform/schema.ts';
import type { Row } from '../../platform/statement.ts';
import * as sql from './sales-queries.ts';

const Places = {
  capacity: Type.Integer(),
  sold: Type.Integer(),
  held: Type.Integer(),
  free: Type.Integer(),
  killed: Type.Integer(),
  house: Type.Integer(),
  revenueMinor: AmountMinor,
};
const OfTier = {
  name: Type.String(),
  capacity: nullable(Type.Integer()),
  sold: Type.Integer(),
  held: Type.Integer(),
  free: nullable(Type.Integer({ description: 'Of its capacity; null where it has none' })),
  revenueMinor: AmountMinor,
};
const Sales = strict(
  {
    eventId: Id,
    ...Places,
    sections: Type.Array(
      strict({ id: Id, name: Type.String(), category: nullable(Type.String()), ...Places }),
    ),
    categories: Type.Array(strict({ category: Type.String(), ...Places })),
    tiers: Type.Array(strict({ ...OfTier, group: nullable(Type.String()) })),
    groups: Type.Array(strict(OfTier), { description: 'What tiers that share places sold together' }),
    curve: Type.Array(
      strict({
        from: Type.String({ description: 'On the clock of the venue, 2026-11-23T08:00' }),
        places: Type.Integer(),
        revenueMinor: AmountMinor,
      }),
      {
        description:
          'Places sold and not given back, by when they were booked; stretches without any are left out',
      },
    ),
  },
  { title: 'Sales' },
);

/** What an organiser looks at during the sale. */
export function salesRoute(app: App, db: Database): void {
  app.get(
    '/events/:id/sales',
    {
      schema: {
        tags: ['Events'],
        summary: 'See how an event sells',
        operationId: 'getSales',
        params: IdPath,
        querystring: strict({
          by: Type.Optional(
            Type.Unsafe<'hour' | 'day'>({ type: 'string', enum: ['hour', 'day'], default: 'day' }),
          ),
        }),
        response: { 200: Sales },
      },
      config: {
        permission: 'booking.all',
        kept: { name: 'sales', dated: true, madeOf: ({ id = '' }) => [resourceTag(id), 'venue'] },
      },
    },
    async ({ actor, params: { id }, query: { by = 'day' } }) => {
      const [sections, tiers, curve] = await db.look(actor.tenant.id, (tx) =>
        Promise.all([
          tx.run(sql.salesBySection, id),
          tx.run(sql.salesByTier, id),
          tx.run(sql.salesCurve, id, by),
        ]),
      );
      if (sections.length === 0) throw notFound('event');
      const named = Map.groupBy(sections, ({ category }) => category);
      named.delete(null);
      const categories = [...named].map(([category, of]) => ({ category: category ?? '', ...together(of) }));
      return {
        ...{ eventId: id, ...together(sections), sections, categories },
        ...{ tiers: tiers.map(tierSales), groups: groupSales(tiers), curve },
      };
    },
  );
}

type Counted = Record<keyof typeof Places, number>;

function together(rows: readonly Counted[]): Counted {
  const sum = (of: keyof Counted) => rows.reduce((total, row) => total + row[of], 0);
  return {
    ...{ capacity: sum('capacity'), sold: sum('sold'), held: sum('held'), free: sum('free') },
    ...{ killed: sum('killed'), house: sum('house'), revenueMinor: sum('revenueMinor') },
  };
}

type TierSales = Row<typeof sql.salesByTier.columns>;

function tierSales({ name, group, ...tier }: Omit<TierSales, 'groupCapacity'>) {
  const { capacity, sold, held, revenueMinor } = tier;
  const free = capacity === null ? null : Math.max(0, capacity - sold - held);
  return { name, group, capacity, sold, held, free, revenueMinor };
}

/** The tiers of each group together. */
function groupSales(tiers: readonly TierSales[]) {
  const byGroup = Map.groupBy(tiers, ({ group }) => group);
  byGroup.delete(null);
  return [...byGroup].map(([name, of]) => {
    const sum = (what: 'sold' | 'held' | 'revenueMinor') => of.reduce((total, tier) => total + tier[what], 0);
    const counts = { sold: sum('sold'), held: sum('held'), revenueMinor: sum('revenueMinor') };
    const { group: _, ...sales } = tierSales({
      ...{ name: name ?? '', group: null, capacity: of[0]?.groupCapacity ?? 0 },
      ...counts,
    });
    return sales;
  });
}
