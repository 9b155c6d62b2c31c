import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type, type TProperties } from 'typebox';
import { CSV_TYPE, csvText } from '../platform/csv.ts';
import { strict } from '../platform/schema.ts';
import { writtenAlready, type KeptAnswer } from './route.ts';

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

/**
 * The rows as JSON, or as CSV for a spreadsheet: what the URL says counts, and without it what the caller prefers. What this
 * returns is what the handler of the route is to return.
 */
export function reportIn(
  request: Pick<FastifyRequest, 'headers' | 'query'>,
  reply: FastifyReply,
  { columns, rows }: { columns: TProperties; rows: readonly object[] },
): FastifyReply {
  if (wantsCsv(request)) return reply.type(CSV_TYPE).send(csvText(Object.keys(columns), rows as Cells[]));
  return writtenAlready(reply, JSON.stringify({ data: rows })); // a schema by media type is not found where answers are kept
}

function wantsCsv({ headers, query }: Pick<FastifyRequest, 'headers' | 'query'>): boolean {
  const { format } = query as { format?: string };
  return format === undefined ? /^text\/csv\b/i.test(headers.accept ?? '') : format === 'csv';
}

/**
 * Reports that say nothing of what is held, and so change only by changes, are kept until one comes. Not where they are read
 * from a replica, which may not have received yet what a change told of: `isFresh` says that they are not.
 */
export function keptReport(isFresh: boolean, madeOf: readonly string[]): { kept?: KeptAnswer } {
  if (!isFresh) return {};
  return { kept: { name: 'reports', dated: false, madeOf: () => madeOf, isOtherwise: wantsCsv } };
}
