import type { Database } from '../db.ts';
import type { Uuid } from '../id.ts';
import { statement, type Columns, type SqlType, type Statement } from '../statement.ts';
import { headText, rowText, type Cells, type Format } from './cells.ts';

/**
 * Something that can be exported: read in the order of its keys by statements that each take up where the one before
 * ended, so that none of them is long and none keeps a snapshot.
 */
export interface ExportShape<P extends readonly SqlType[]> {
  /** Types of what is asked for: `$2`, `$3`, ... in `scan`, `from` and `where`. */
  asked: P;
  /** The columns of `scan` that it goes by, in order; the parameters behind those of `asked` say where it goes on. */
  keys: Readonly<Record<string, 'uuid' | 'int4'>>;
  /** Finds the next entries of an index, whether they are wanted or not: the cost of a statement has a bound. */
  scan(at: { after: readonly string[]; limit: string }): string;
  /** What else a row is made of, behind `from s`. */
  from?: string;
  /** Which entries are wanted; all of them when not given. */
  where?: string;
  /** How many rows the entry `s` makes, one when not given: all alike but the first so many, which have other cells. */
  times?: { all: string; first: string; cellsOfFirst: Cells };
  cells: Cells;
}

export interface Export<P extends readonly SqlType[]> {
  readonly asked: P;
  readonly keys: readonly string[];
  readonly cells: Cells;
  readonly as: Readonly<Record<Format, Statement<readonly SqlType[], Columns>>>;
}

/**
 * Text that one statement brings at most, and one row more: what a process holds of an export is a few of these. With twice
 * as much, memory that is asked of the system for each piece anew costs PostgreSQL 29 instead of 17 us a row; with half of
 * it strings stay among the young ones of JavaScript, and the server grows by three times as much.
 */
const PIECE_BYTES = 128 * 1_024;

/** The same where an entry makes many rows: after so many no other entry is begun. */
const MOST_ROWS = 2_000;

/** Defines an export and its statements, `<name>.csv` and `<name>.ndjson`. */
export function exportOf<const P extends readonly SqlType[]>(name: string, shape: ExportShape<P>): Export<P> {
  const keys = Object.keys(shape.keys);
  const first = shape.asked.length + 2;
  const after = keys.map((_, i) => `$${first + i}`);
  const scan = shape.scan({ after, limit: `$${first + keys.length}` });
  const made = (format: Format) =>
    statement(`${name}.${format}`, {
      params: ['uuid', ...shape.asked, ...Object.values(shape.keys), 'int8'],
      columns: {
        ...{ scanned: 'int4', used: 'int4', rows: 'int4', text: 'text?' },
        ...Object.fromEntries(keys.map((key) => [key, `${shape.keys[key] ?? 'uuid'}?` as const])),
      },
      text: pieceText(shape, keys, scan, rowsText(shape, format)),
    });
  const as = { csv: made('csv'), ndjson: made('ndjson') } as Record<
    Format,
    Statement<readonly SqlType[], Columns>
  >;
  return { asked: shape.asked, keys, cells: shape.cells, as };
}

/** The text of all rows that the entry `s` makes. */
function rowsText({ times, cells }: ExportShape<readonly SqlType[]>, format: Format): string {
  const row = rowText[format](cells);
  if (times === undefined) return row;
  const first = rowText[format](times.cellsOfFirst);
  return `repeat(${first}, (${times.first})::int) || repeat(${row}, (${times.all} - ${times.first})::int)`;
}

// What is added up comes in the order of the window, which has just sorted it: to ask for the order once more costs as
// much as writing the rows.
function pieceText(
  { times, from = '', where = 'true' }: ExportShape<readonly SqlType[]>,
  keys: readonly string[],
  scan: string,
  rows: string,
): string {
  const order = keys.map((key) => `m.${key}`).join(', ');
  const entries =
    times === undefined
      ? 's'
      : `(
    select s.*, sum(${times.all}) over (order by ${keys.map((key) => `s.${key}`).join(', ')} rows between unbounded preceding and 1 preceding) as rows_before
    from s) s`;
  const last = keys.map((key) => `(array_agg(m.${key}))[count(*)] as ${key}`).join(', ');
  return `with s as materialized (${scan}),
    made as materialized (
      select ${keys.map((key) => `s.${key}`).join(', ')}, case when ${where} then ${rows} end as line, ${times?.all ?? '1'} as rows
      from ${entries} ${from}${times === undefined ? '' : ` where coalesce(s.rows_before, 0) < ${MOST_ROWS}`}
    ), measured as (
      select m.*, coalesce(sum(octet_length(m.line)) over (
        order by ${order} rows between unbounded preceding and 1 preceding), 0) as before
      from made m
    )
    select (select count(*) from s)::int as scanned, count(*)::int as used,
      coalesce(sum(m.rows) filter (where m.line is not null), 0)::int as rows,
      string_agg(m.line, '') as text, ${last}
    from measured m where m.before < ${PIECE_BYTES}`;
}

/** Some rows of a file. */
export interface Piece {
  rows: number;
  text: string;
}

/** Entries that the first statement looks at; as many more as fit into a piece after that. */
const FIRST_SCAN = 100;
const MOST_SCANNED = 2_000;
/** How full pieces are meant to be: what does not fit was read and written in vain. */
const FILLED = 0.8;

/** Reads on from `start`, the values of the keys before the first entry, to the end. */
export async function* piecesOf<P extends readonly SqlType[]>(
  { db, tenant }: { db: Pick<Database, 'read'>; tenant: Uuid },
  of: Export<P>,
  format: Format,
  asked: readonly unknown[],
  start: readonly unknown[],
): AsyncGenerator<Piece> {
  const read = db.read as (tenant: Uuid, of: unknown, ...rest: readonly unknown[]) => Promise<Scanned[]>;
  let after = start;
  for (let limit = FIRST_SCAN; ;) {
    const [found] = await read(tenant, of.as[format], ...asked, ...after, limit);
    if (found === undefined || found.used === 0) return;
    const { scanned, used, rows, text } = found;
    yield { rows, text: text ?? '' };
    if (used === scanned && scanned < limit) return;
    after = of.keys.map((key) => found[key]);
    const fitting = ((used * PIECE_BYTES) / Math.max(text?.length ?? 0, 1)) * FILLED;
    limit = Math.max(1, Math.floor(Math.min(2 * limit, MOST_SCANNED, fitting)));
  }
}

interface Scanned {
  scanned: number;
  used: number;
  rows: number;
  text: string | null;
  [key: string]: unknown;
}

export function headOf(of: Export<readonly SqlType[]>, format: Format): string {
  return headText[format](of.cells);
}
