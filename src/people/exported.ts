import type { FastifyReply } from 'fastify';
import type { Readable } from 'node:stream';
import { Type } from 'typebox';
import { CSV_TYPE } from '../platform/csv.ts';
import { FORMATS, type Format } from '../platform/export/cells.ts';

const TYPES: Readonly<Record<Format, string>> = {
  csv: CSV_TYPE,
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/** What every export takes. */
export const exportQuery = {
  format: Type.Optional(Type.Unsafe<Format>({ type: 'string', enum: [...FORMATS], default: 'csv' })),
};

export const exportAnswer = {
  200: {
    description:
      'The last line says how many rows there are and the SHA-256 of everything before it: ' +
      '`# rows=2 sha256=...`, or `{"end":{"rows":2,"sha256":"..."}}`. A file without it was cut off.',
    content: {
      'text/csv': { schema: Type.String() },
      'application/x-ndjson': { schema: Type.String() },
    },
  },
};

export function sendExport(reply: FastifyReply, name: string, format: Format, file: Readable): FastifyReply {
  return reply
    .type(TYPES[format])
    .header('content-disposition', `attachment; filename="${name}.${format}"`)
    .send(file);
}
