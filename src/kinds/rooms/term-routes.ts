import { Type } from 'typebox';
import { once } from '../../engine/idempotency.ts';
import { repeatable, sendAnswer } from '../../people/repeat.ts';
import type { App } from '../../people/route.ts';
import type { Database } from '../../platform/db.ts';
import { answerList, listAnswer, listQuery } from '../../platform/list.ts';
import { etag } from '../../platform/precondition.ts';
import { DateText, IdPath } from '../../platform/schema.ts';
import { changeRoutes } from '../entry.ts';
import { termList } from './term-queries.ts';
import * as term from './term.ts';

const tags = ['Terms'];
const read = { permission: 'catalogue.read' } as const;
const write = { permission: 'catalogue.write' } as const;

/** Periods of classes. */
export function termRoutes(app: App, db: Database): void {
  app.get(
    '/terms',
    {
      schema: {
        tags,
        summary: 'List terms, the latest first',
        operationId: 'listTerms',
        querystring: listQuery(termList, term.Term, {
          from: Type.Optional({ ...DateText, description: 'Leave out those that are over by then' }),
        }),
        response: { 200: listAnswer(term.Term) },
      },
      config: read,
    },
    ({ actor, query }) => answerList(db, actor.tenant.id, termList, query, [query.from ?? null], term.toTerm),
  );

  app.post(
    '/terms',
    {
      schema: {
        tags,
        summary: 'Add a term',
        operationId: 'createTerm',
        body: term.NewTerm,
        response: { 201: term.Term },
      },
      config: write,
    },
    async (request, reply) => {
      const { actor, body } = request;
      const made = await once(db, actor.tenant.id, repeatable(request), async (tx) => ({
        status: 201,
        body: JSON.stringify(await term.createTerm(tx, actor.principal, body)),
      }));
      return sendAnswer(reply, made);
    },
  );

  app.get(
    '/terms/:id',
    {
      schema: {
        tags,
        summary: 'Read a term',
        operationId: 'getTerm',
        params: IdPath,
        response: { 200: term.Term },
      },
      config: read,
    },
    async ({ actor, params }, reply) => {
      const found = await db.inTenant(actor.tenant.id, (tx) => term.readTerm(tx, params.id));
      return reply.header('etag', etag(found.version)).send(found);
    },
  );

  changeRoutes(app, db, {
    path: '/terms/:id',
    name: 'Term',
    tags,
    entry: term.Term,
    patch: term.TermPatch,
    summaries: { update: 'Change a term', remove: 'Remove a term; what was booked for it stays' },
    update: term.updateTerm,
    remove: term.deleteTerm,
  });
}
