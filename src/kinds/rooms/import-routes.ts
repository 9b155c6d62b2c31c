import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Engine } from '../../engine/index.ts';
import type { App } from '../../people/route.ts';
import { CSV_TYPE, csvText } from '../../platform/csv.ts';
import type { Database } from '../../platform/db.ts';
import { malformed, Problem } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { Id, strict } from '../../platform/schema.ts';
import { ImportAnswer, importTimetable } from './import.ts';
import { COLUMNS } from './timetable.ts';

/** A thousand rows of the longest names that make sense. */
const MOST_BYTES = 512 * 1_024;

const Query = strict({
  dryRun: Type.Optional(Type.Boolean({ default: false, description: 'Only say what would be booked' })),
  term: Type.Optional({ ...Id, description: 'The term in which rows with a weekday take place' }),
  format: Type.Optional(
    Type.Unsafe<'json' | 'csv'>({
      type: 'string',
      enum: ['json', 'csv'],
      description: '`csv`: the rows that were refused, each with its reason, to be put right and sent again',
    }),
  ),
});

/** Timetables come as CSV: a route of its own, so that nothing else takes such bodies. */
export function importRoutes(app: App, { db, engine }: { db: Database; engine: Engine }): void {
  void app.register(async (scope: FastifyInstance) => {
    scope.addContentTypeParser(
      'text/csv',
      { parseAs: 'buffer', bodyLimit: MOST_BYTES },
      async (_: FastifyRequest, bytes: Buffer) => {
        if (!isUtf8(bytes)) throw malformed('', 'invalid_encoding');
        return bytes.toString().normalize('NFC');
      },
    );
    scope.post<{ Querystring: { dryRun?: boolean; term?: Uuid; format?: 'json' | 'csv' } }>(
      '/rooms/import',
      {
        schema: {
          tags: ['Terms'],
          summary: 'Book a timetable: a CSV file with a row for each lesson, weekly in a term or on a date',
          description:
            'Columns: room, building (where the name is not enough), weekday or date, start, end, title. Each row is ' +
            'booked whole or not at all; one that was booked by an earlier import is not booked again.',
          operationId: 'importTimetable',
          querystring: Query,
          body: { content: { 'text/csv': { schema: Type.String() } } },
          response: {
            200: {
              content: {
                'application/json': { schema: ImportAnswer },
                'text/csv': { schema: Type.String() },
              },
            },
          },
        },
        config: { permission: 'catalogue.write' },
      },
      async ({ actor, query, body }, reply) => {
        if (typeof body !== 'string')
          throw new Problem(
            'unsupported_media_type',
            'Send the timetable as CSV in UTF-8, with Content-Type: text/csv.',
          );
        const given = {
          db,
          engine,
          actor,
          now: db.now(),
          termId: query.term,
          dryRun: query.dryRun ?? false,
        };
        const answer = await importTimetable(given, body);
        if (query.format !== 'csv') return reply.type('application/json; charset=utf-8').send(answer);
        return reply.type(CSV_TYPE).send(csvText(['row', ...COLUMNS, 'reason', 'detail'], answer.refused));
      },
    );
  });
}
