import { createHash } from 'node:crypto';
import { malformed, type Problem } from './errors.ts';
import type { Uuid } from './id.ts';
import { formats, isUuid } from './schema.ts';

/** Types a list can be sorted by: those whose comparison may be an index condition under row-level security. */
export type SortType = 'text' | 'int4' | 'int8' | 'timestamptz' | 'date' | 'uuid';

/** Where a page ended: the sort (`-createdAt`), the value of its column as PostgreSQL writes it, and the id. */
export interface Position {
  sort: string;
  value: string;
  id: Uuid;
}

const CHECKSUM_BYTES = 9; // 12 characters of base64url
const MAX_LENGTH = 2_000;

/** A position as an opaque word that is good for this list of this tenant only. */
export function writeCursor(list: string, tenant: Uuid, at: Position): string {
  const payload = Buffer.from(JSON.stringify([at.sort, at.value, at.id]));
  return Buffer.concat([checksum(list, tenant, payload), payload]).toString('base64url');
}

/** Reads a cursor back. Throws `malformed` with the reason `invalid_cursor` for anything `writeCursor` did not write. */
export function readCursor(
  list: string,
  tenant: Uuid,
  sorts: ReadonlyMap<string, SortType>,
  cursor: string,
): Position {
  const bytes = Buffer.from(cursor.length <= MAX_LENGTH ? cursor : '', 'base64url');
  const payload = bytes.subarray(CHECKSUM_BYTES);
  const genuine =
    payload.length > 0 &&
    bytes.toString('base64url') === cursor &&
    checksum(list, tenant, payload).equals(bytes.subarray(0, CHECKSUM_BYTES));
  if (!genuine) throw invalidCursor();
  const [sort, value, id] = parsed(payload);
  const type = sorts.get(String(sort));
  // The checksum is no secret: whoever computes it himself still gets no value past this line that the cast would choke on.
  if (typeof value !== 'string' || typeof id !== 'string' || !isUuid(id) || !type || !READABLE[type](value))
    throw invalidCursor();
  return { sort: String(sort), value, id };
}

export function invalidCursor(): Problem {
  return malformed(
    '?cursor',
    'invalid_cursor',
    'This cursor was not made by this list. Start again without a cursor.',
  );
}

const READABLE: Readonly<Record<SortType, (value: string) => boolean>> = {
  text: (value) => value.isWellFormed() && !value.includes('\0'),
  int4: (value) => /^-?\d{1,10}$/.test(value) && Number(value) === (Number(value) | 0),
  int8: (value) => /^-?\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value)),
  timestamptz: (value) => check('date-time', value.replace(/^(\S+) (\S+)$/, '$1T$2:00')),
  date: (value) => check('date', value),
  uuid: isUuid,
};

function check(format: string, value: string): boolean {
  return formats[format]?.(value) ?? false;
}

function parsed(payload: Buffer): unknown[] {
  try {
    const value: unknown = JSON.parse(payload.toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function checksum(list: string, tenant: Uuid, payload: Buffer): Buffer {
  return createHash('sha256')
    .update(`${list}\n${tenant}\n`)
    .update(payload)
    .digest()
    .subarray(0, CHECKSUM_BYTES);
}
