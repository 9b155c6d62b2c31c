import { Type } from 'typebox';
import { entryRoutes } from '../kinds/entry.ts';
import type { App } from '../people/route.ts';
import type { Database } from '../platform/db.ts';
import { answerList, listAnswer, listQuery } from '../platform/list.ts';
import * as sales from '../sales/code.ts';
import { codeList } from '../sales/code-queries.ts';
import { DiscountCode, DiscountCodePatch, NewDiscountCode } from '../sales/code-schema.ts';

const tags = ['Discount codes'];
/** Whoever could list them could use them. */
const permission = 'catalogue.write';

/** The codes of a company. What one would take off an order is for everybody who may book: see validate-code.ts. */
export function discountCodeRoutes(app: App, db: Database): void {
  app.get(
    '/discount-codes',
    {
      schema: {
        tags,
        summary: 'List discount codes',
        operationId: 'listDiscountCodes',
        querystring: listQuery(codeList, DiscountCode, {
          archived: Type.Optional(
            Type.Boolean({ default: false, description: 'Show the archived codes instead' }),
          ),
        }),
        response: { 200: listAnswer(DiscountCode) },
      },
      config: { permission },
    },
    ({ actor, query }) =>
      answerList(db, actor.tenant.id, codeList, query, [query.archived ?? false], sales.toCode),
  );
  entryRoutes(app, db, {
    path: '/discount-codes',
    name: 'DiscountCode',
    tags,
    permissions: { read: permission, write: permission },
    entry: DiscountCode,
    made: NewDiscountCode,
    patch: DiscountCodePatch,
    summaries: {
      create: 'Add a discount code',
      read: 'Read a discount code and how often it is used',
      update: 'Change a discount code',
      remove: 'Remove a discount code that no booking has',
    },
    create: sales.createCode,
    read: sales.readCode,
    update: sales.updateCode,
    remove: sales.deleteCode,
  });
}
