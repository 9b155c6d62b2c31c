import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type, type TProperties } from 'typebox';
import { CSV_TYPE, csvText } from '../platform/csv.ts';
import { strict } from '../platform/schema.ts';

/** What every report takes, beside the time that it is about. */
export const reportQuery = {
  format: Type.Optional(
    Type.Unsafe<'json' | 'csv'>({
      type: 'string',
      enum: ['json', 'csv'],
      description: '`csv` is the same as Accept: text/csv',
    }),
  ),
};

/** The answer of a report with such rows. */
export function reportAnswer(row: TProperties) {
  const json = { schema: strict({ data: Type.Array(strict(row)) }) };
  return { 200: { content: { 'application/json': json, 'text/csv': { schema: Type.String() } } } };
}

type Cells = Readonly<Record<string, string | number | null>>;

/** Sends the rows as JSON, or as CSV for a spreadsheet: what the URL says counts, and without it what the caller prefers. */
export function sendReport(
  { headers }: Pick<FastifyRequest, 'headers'>,
  reply: FastifyReply,
  { format, columns, rows }: { format: string | undefined; columns: TProperties; rows: readonly object[] },
): FastifyReply {
  const isCsv = format === undefined ? /^text\/csv\b/i.test(headers.accept ?? '') : format === 'csv';
  if (!isCsv) return reply.type('application/json; charset=utf-8').send({ data: rows });
  return reply.type(CSV_TYPE).send(csvText(Object.keys(columns), rows as Cells[]));
}
