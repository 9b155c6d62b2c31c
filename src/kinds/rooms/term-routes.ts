import { Type } from 'typebox';
import type { App } from '../../people/route.ts';
import type { Database } from '../../platform/db.ts';
import { answerList, listAnswer, listQuery } from '../../platform/list.ts';
import { DateText } from '../../platform/schema.ts';
import { changeRoutes, collectionRoutes } from '../entry.ts';
import { termList } from './term-queries.ts';
import * as term from './term.ts';

const tags = ['Terms'];

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
      config: { permission: 'catalogue.read' },
    },
    ({ actor, query }) => answerList(db, actor.tenant.id, termList, query, [query.from ?? null], term.toTerm),
  );

  collectionRoutes(app, db, {
    path: '/terms',
    name: 'Term',
    tags,
    entry: term.Term,
    made: term.NewTerm,
    summaries: { create: 'Add a term', read: 'Read a term' },
    create: (tx, actor, asked) => term.createTerm(tx, actor.principal, asked),
    read: term.readTerm,
  });

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
