import { Type, type Static, type TObject, type TProperties } from 'typebox';
import { invalidCursor, readCursor, writeCursor, type Position, type SortType } from './cursor.ts';
import type { Database, Transaction } from './db.ts';
import { ruleViolated } from './errors.ts';
import type { Uuid } from './id.ts';
import { nullable, strict, Whole } from './schema.ts';
import { statement, type Columns, type Params, type Row, type SqlType, type Statement } from './statement.ts';

/**
 * Lists that can be paged by cursor or number, sorted and cut to some fields. A list is written as the two halves of
 * one SELECT; each sort and direction becomes statements of its own, so that every one of them rides its index:
 *
 *     page   select ... from ... order by s, id limit n               the first page
 *     after  select ... from ... and (s, id) > (?, ?) order by s, id  what follows a cursor: same cost at any depth
 *     edge   select s, id from ... order by s, id limit 1 offset m    where a page by number begins; ?page only
 *     total  select count(*) from ...                                 the same
 *
 * An edge is found by keys alone: as an offset of the page itself every row before it would be made whole and thrown
 * away, and half-way down 10^6 bookings, each with its lines, that took longer than a statement may.
 */
export interface ListShape<P extends readonly SqlType[], C extends Columns, S extends string> {
  /** Types of the filters, which are `$2`, `$3`, ... in `from`; null means that the filter was not asked for. */
  filters: P;
  columns: C & { id: 'uuid' };
  select: string;
  /** Tables and the WHERE with `tenant_id = $1`; conditions are added at its end with AND. */
  from: string;
  /** The column of the id: it decides between rows that sort alike. */
  id: string;
  /** The sorts callers may ask for: each a column that is never null, with an index on (tenant_id, column, id). */
  sorts: Readonly<Record<S, { by: string; type: SortType }>>;
  defaultSort: NoInfer<S | `-${S}`>;
}

export interface List<P extends readonly SqlType[], C extends Columns> {
  readonly name: string;
  /** By sort as callers write it, `name` or `-name`. */
  readonly sortTypes: ReadonlyMap<string, SortType>;
  readonly defaultSort: string;
  readonly bySort: ReadonlyMap<string, { page: Rows<C>; after: Rows<C>; edge: Edge }>;
  readonly total: Total;
  readonly filters: P;
}

type Keyed<C extends Columns> = C & { id: 'uuid'; sortKey: 'text' };
type Total = Statement<readonly SqlType[], { total: 'int8' }>;
type Rows<C extends Columns> = Statement<readonly SqlType[], Keyed<C>>;
const KEYS = { id: 'uuid', sortKey: 'text' } as const;
type Edge = Statement<readonly SqlType[], typeof KEYS>;

/** Defines a list and all its statements, `<name>.<sort>.page`, `.after` and `.edge`, and `<name>.total`. */
export function list<const P extends readonly SqlType[], const C extends Columns, const S extends string>(
  name: string,
  shape: ListShape<P, C, S>,
): List<P, C> {
  const sorts = Object.entries<{ by: string; type: SortType }>(shape.sorts);
  const directed = sorts.flatMap(([sort, { by, type }]) => [
    { sort, by, type, order: 'asc', beyond: '>' },
    { sort: `-${sort}`, by, type, order: 'desc', beyond: '<' },
  ]);
  const given = ['uuid', ...shape.filters] as const;
  const next = given.length + 1;

  const bySort = directed.map(({ sort, by, type, order, beyond }) => {
    const columns = { ...shape.columns, sortKey: 'text' } as Keyed<C>;
    const sortKey = `(${by})::text as "sortKey"`;
    const select = `select ${shape.select}, ${sortKey} from ${shape.from}`;
    const ordered = `order by ${by} ${order}, ${shape.id} ${order}`;
    return [
      sort,
      {
        page: statement(`${name}.${sort}.page`, {
          params: [...given, 'int8'],
          columns,
          text: `${select} ${ordered} limit $${next}`,
        }),
        after: statement(`${name}.${sort}.after`, {
          params: [...given, 'int8', 'text', 'uuid'],
          columns,
          text: `${select} and (${by}, ${shape.id}) ${beyond} ($${next + 1}::text::${type}, $${next + 2}) ${ordered} limit $${next}`,
        }),
        edge: statement(`${name}.${sort}.edge`, {
          params: [...given, 'int8'],
          columns: KEYS,
          text: `select ${shape.id}, ${sortKey} from ${shape.from} ${ordered} limit 1 offset $${next}`,
        }),
      },
    ] as const;
  });
  return {
    name,
    sortTypes: new Map(directed.map(({ sort, type }) => [sort, type])),
    defaultSort: shape.defaultSort,
    bySort: new Map(bySort),
    total: statement(`${name}.total`, {
      params: given,
      columns: { total: 'int8' },
      text: `select count(*) as total from ${shape.from}`,
    }),
    filters: shape.filters,
  };
}

const MAX_LIMIT = 100;
const MAX_PAGE = 10_000; // further down a cursor is the way: an offset passes every row before it

/** The query parameters of a list whose entries are `Item`, with its own `filters`. */
export function listQuery<F extends TProperties>(
  of: List<readonly SqlType[], Columns>,
  Item: TObject,
  filters: F,
) {
  return strict({
    ...filters,
    ...pagedQuery(Item),
    sort: Type.Optional(
      Type.Unsafe<string>({
        type: 'string',
        enum: [...of.bySort.keys()],
        description: `\`-\` in front sorts downwards; otherwise ${of.defaultSort}`,
      }),
    ),
  });
}

/** What every list takes, also one that is written by hand. */
export function pagedQuery(Item: TObject) {
  const field = `(?:${Object.keys(Item.properties).join('|')})`;
  return {
    limit: Whole(1, MAX_LIMIT, { default: 20 }),
    cursor: Type.Optional(Type.String({ description: '`nextCursor` of the page before' })),
    page: Type.Optional(Whole(1, MAX_PAGE)),
    fields: Type.Optional(
      Type.String({
        pattern: `^${field}(?:,${field})*$`,
        description: 'Only these fields, separated by commas',
      }),
    ),
  };
}

/** The answer of a list of `Item`s. With `?fields` entries carry only some fields, so none is required. */
export function listAnswer<P extends TProperties>(Item: TObject<P>) {
  return strict({
    data: Type.Array(Type.Partial(Item)),
    pagination: strict({
      limit: Type.Integer(),
      nextCursor: nullable(Type.String()),
      page: Type.Optional(Type.Integer()),
      total: Type.Optional(Type.Integer()),
      totalPages: Type.Optional(Type.Integer()),
      hasNext: Type.Boolean(),
      hasPrev: Type.Boolean(),
    }),
  });
}

export type ListQuery = Static<ReturnType<typeof listQuery<Record<never, never>>>>;
export type Pagination = Static<ReturnType<typeof listAnswer>>['pagination'];

/**
 * Answers one request for a list: `filters` are the values of the list's filter parameters in their order, `toItem`
 * makes an entry from a row. `keep` leaves out entries by what no statement can tell; pages are filled with those that
 * it keeps. Throws `malformed` for a cursor that is not of this list, tenant and sort.
 */
export async function answerList<P extends readonly SqlType[], C extends Columns, T extends object>(
  db: Pick<Database, 'look'>,
  tenant: Uuid,
  of: List<P, C>,
  query: ListQuery,
  filters: Params<P>,
  toItem: (row: Row<C>) => T,
  keep?: (row: Row<C>) => boolean,
): Promise<{ data: Partial<T>[]; pagination: Pagination }> {
  requireOneWay(query);
  const from = query.cursor === undefined ? undefined : position(of, tenant, query.cursor, query.sort);
  const sort = from?.sort ?? query.sort ?? of.defaultSort;

  const { rows, total } = await db.look(tenant, (tx) =>
    keep === undefined
      ? pageOf(tx, of, sort, query, filters, from)
      : keptPage(tx, of, sort, query, filters, from, keep as (row: object) => boolean),
  );
  return answerPage(query, { rows: rows as (Row<C> & Keys)[], total }, toItem, (last) =>
    writeCursor(of.name, tenant, { sort, value: last.sortKey, id: last.id }),
  );
}

export type PagedQuery = Omit<ListQuery, 'sort'>;

/** Throws `rule_violated` where a page is asked for by its number and by a cursor. */
export function requireOneWay({ page, cursor }: PagedQuery): void {
  if (page !== undefined && cursor !== undefined)
    throw ruleViolated('?page', 'invalid_parameter', 'Send either page or cursor, not both.');
}

/** A page as it is told, of its rows and one more where there is a next page. */
export function answerPage<R, T extends object>(
  { limit, page, cursor, fields }: PagedQuery,
  { rows, total }: { rows: readonly R[]; total: number | undefined },
  toItem: (row: R) => T,
  cursorAt: (last: R) => string,
): { data: Partial<T>[]; pagination: Pagination } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasNext = rows.length > limit && last !== undefined;
  const named = fields?.split(',');
  return {
    data: shown.map((row) => cut(toItem(row), named)),
    pagination: {
      limit,
      nextCursor: hasNext ? cursorAt(last) : null,
      ...(total === undefined ? {} : { page, total, totalPages: Math.ceil(total / limit) }),
      hasNext,
      hasPrev: cursor !== undefined || (page ?? 1) > 1,
    },
  };
}

function position(
  of: List<readonly SqlType[], Columns>,
  tenant: Uuid,
  cursor: string,
  sort: string | undefined,
): Position {
  const at = readCursor(of.name, tenant, of.sortTypes, cursor);
  if (sort !== undefined && sort !== at.sort) throw invalidCursor();
  return at;
}

type Keys = Row<{ id: 'uuid'; sortKey: 'text' }>;
interface Page {
  /** One row more than a page shows: whether there is a next page. */
  rows: Keys[];
  total: number | undefined;
}

async function pageOf(
  tx: Pick<Transaction, 'run'>,
  of: List<readonly SqlType[], Columns>,
  sort: string,
  query: ListQuery,
  filters: readonly unknown[],
  from: Position | undefined,
): Promise<Page> {
  const { limit, page } = query;
  if (page === undefined)
    return { rows: await rowsFrom(tx, of, sort, limit + 1, filters, from), total: undefined };
  const [edge, total] = await Promise.all([
    page === 1 ? undefined : lastBefore(tx, of, sort, limit * (page - 1), filters),
    totalOf(tx, of, filters),
  ]);
  const isPastEnd = page > 1 && edge === undefined;
  return { rows: isPastEnd ? [] : await rowsFrom(tx, of, sort, limit + 1, filters, edge), total };
}

/** Rows that are read at a time until enough of them are kept. */
const READ_AT_ONCE = 200;

/** The same page of what `keep` keeps: read on until it is full, or to the end where the total is asked for. */
async function keptPage(
  tx: Pick<Transaction, 'run'>,
  of: List<readonly SqlType[], Columns>,
  sort: string,
  query: ListQuery,
  filters: readonly unknown[],
  from: Position | undefined,
  keep: (row: object) => boolean,
): Promise<Page> {
  const before = query.limit * ((query.page ?? 1) - 1);
  const kept: Keys[] = [];
  let at = from;
  for (;;) {
    const read = await rowsFrom(tx, of, sort, READ_AT_ONCE, filters, at);
    kept.push(...read.filter(keep));
    const last = read.at(-1);
    const isFull = query.page === undefined && kept.length > query.limit;
    if (last === undefined || read.length < READ_AT_ONCE || isFull) break;
    at = { sort, value: last.sortKey, id: last.id };
  }
  return {
    rows: kept.slice(before, before + query.limit + 1),
    total: query.page === undefined ? undefined : kept.length,
  };
}

function rowsFrom(
  tx: Pick<Transaction, 'run'>,
  of: List<readonly SqlType[], Columns>,
  sort: string,
  count: number,
  filters: readonly unknown[],
  from: Position | undefined,
): Promise<Keys[]> {
  const { page, after } = variantsOf(of, sort);
  const run = tx.run as (of: Rows<Columns>, ...rest: readonly unknown[]) => Promise<Keys[]>;
  if (from !== undefined) return run(after, ...filters, count, from.value, from.id);
  return run(page, ...filters, count);
}

/** Where the first `count` rows end; undefined when there are fewer. */
async function lastBefore(
  tx: Pick<Transaction, 'run'>,
  of: List<readonly SqlType[], Columns>,
  sort: string,
  count: number,
  filters: readonly unknown[],
): Promise<Position | undefined> {
  const run = tx.run as (of: Edge, ...rest: readonly unknown[]) => Promise<Keys[]>;
  const [last] = await run(variantsOf(of, sort).edge, ...filters, count - 1);
  return last && { sort, value: last.sortKey, id: last.id };
}

function variantsOf(of: List<readonly SqlType[], Columns>, sort: string) {
  const variants = of.bySort.get(sort);
  if (variants === undefined) throw invalidCursor();
  return variants;
}

async function totalOf(
  tx: Pick<Transaction, 'run'>,
  of: List<readonly SqlType[], Columns>,
  filters: readonly unknown[],
): Promise<number> {
  const run = tx.run as (of: Total, ...rest: readonly unknown[]) => Promise<Row<{ total: 'int8' }>[]>;
  return (await run(of.total, ...filters))[0]?.total ?? 0;
}

function cut<T extends object>(item: T, fields: readonly string[] | undefined): Partial<T> {
  if (fields === undefined) return item;
  return Object.fromEntries(fields.map((field) => [field, item[field as keyof T]])) as Partial<T>;
}
