import { Type } from 'typebox';
import type { App } from '../../people/route.ts';
import type { Database } from '../../platform/db.ts';
import { answerList, listAnswer, listQuery } from '../../platform/list.ts';
import type { Reads } from '../../platform/replica.ts';
import { DateText } from '../../platform/schema.ts';
import { entryRoutes, summariesOf } from '../entry.ts';
import { termList } from './term-queries.ts';
import * as term from './term.ts';

const tags = ['Terms'];

/** Periods of classes. */
export function termRoutes(app: App, { db, reads }: { db: Database; reads: Reads }): void {
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
    ({ actor, query }) =>
      answerList(reads, actor.tenant.id, termList, query, [query.from ?? null], term.toTerm),
  );

  entryRoutes(app, db, {
    path: '/terms',
    name: 'Term',
    tags,
    entry: term.Term,
    made: term.NewTerm,
    patch: term.TermPatch,
    summaries: { ...summariesOf('a term'), remove: 'Remove a term; what was booked for it stays' },
    ...term.termShelf,
  });
}
