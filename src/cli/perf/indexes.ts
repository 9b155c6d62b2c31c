import { readFile } from 'node:fs/promises';
import type pg from 'pg';

/**
 * - `missing`: the schema of this program has it, the database does not
 * - `invalid`: it was not made to its end, costs every write and serves no read
 * - `duplicate`: another one of the same table can do all that it does
 * - `bloated`: much larger than its rows need
 * - `unused`: nobody read it since the statistics began. Only a hint: a report may need it once a month
 */
export type IndexProblem = 'missing' | 'invalid' | 'duplicate' | 'bloated' | 'unused';

export interface IndexFinding {
  problem: IndexProblem;
  index: string;
  table: string;
  bytes: number;
  /** What to do, in one sentence. */
  advice: string;
}

/** Reads what the migrations add up to; a test keeps the file in step with them. */
const SCHEMA_FILE = new URL('../../../db/schema.sql', import.meta.url);

/** Smaller ones are not worth the work, whatever they are. */
const WORTH_BYTES = 8 * 1024 * 1024;
/** A B-tree that was filled in random order has up to half of its room free; more than this is left behind. */
const BLOATED_FACTOR = 2.5;
/** A table that was hardly read says nothing of its indexes. */
const ENOUGH_SCANS = 1_000;

/** Every index of ours that deserves attention. `client` is the owner's. */
export async function checkIndexes(client: pg.Client): Promise<IndexFinding[]> {
  await client.query('set search_path = pg_catalog'); // definitions are then told as in the file
  const there = await definitions(client);
  const found = [...(await missing(there)), ...(await rowsOf(client, troubles))];
  const order: IndexProblem[] = ['missing', 'invalid', 'duplicate', 'bloated', 'unused'];
  return found.sort(
    (a, b) =>
      order.indexOf(a.problem) - order.indexOf(b.problem) ||
      b.bytes - a.bytes ||
      (a.index < b.index ? -1 : 1),
  );
}

async function definitions(client: pg.Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ made: string }>(
    `select pg_get_indexdef(i.indexrelid) as made from pg_index i
     join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace where ${OURS}`,
  );
  return new Set(rows.map(({ made }) => made));
}

async function missing(there: ReadonlySet<string>): Promise<IndexFinding[]> {
  const schema = await readFile(SCHEMA_FILE, 'utf8');
  return [...schema.matchAll(/^(CREATE (?:UNIQUE )?INDEX) (\S+) ON (\S+)( .*);$/gm)]
    .map(([, create = '', name = '', table = '', rest = '']) => ({ create, name, table, rest }))
    .filter(({ create, name, table, rest }) => !there.has(`${create} ${name} ON ${table}${rest}`))
    .map(({ create, name, table, rest }) => ({
      problem: 'missing',
      index: `${table.split('.')[0]}.${name}`,
      table,
      bytes: 0,
      advice: `Make it, dropping one of that name first: ${create} CONCURRENTLY ${name} ON ${table}${rest};`,
    }));
}

async function rowsOf(client: pg.Client, text: string): Promise<IndexFinding[]> {
  const { rows } = await client.query<Omit<IndexFinding, 'bytes'> & { bytes: string }>(text);
  return rows.map(({ bytes, ...row }) => ({ ...row, bytes: Number(bytes) }));
}

/** Namespaces of ours, as opposed to PostgreSQL's and to what extensions bring. */
const OURS = `n.nspname not in ('public', 'information_schema') and n.nspname not like 'pg\\_%'`;

/**
 * What a B-tree entry needs: header and alignment, the line pointer, and the columns, of a page that is nine tenths full.
 * Widths come from the statistics, or from the types where row-level security hides those.
 */
const NEEDED_BYTES = `m.reltuples * (8 + 4 + (
    select sum(coalesce(s.avg_width, nullif(a.attlen, -1), 32)) from pg_attribute a
    left join pg_stats s on s.schemaname = m.schema and s.tablename = m.table_name and s.attname = a.attname
    where a.attrelid = m.indrelid and a.attnum = any (m.indkey))) / 0.9`;

const troubles = `
  with mine as (
    select i.*, format('%I.%I', n.nspname, x.relname) as index, format('%I.%I', n.nspname, c.relname) as "table",
      n.nspname as schema, c.relname as table_name, x.reltuples, a.amname, pg_relation_size(i.indexrelid) as bytes,
      -- Everything of an index that decides what it can do, but for its columns.
      row (i.indrelid, x.relam, pg_get_expr(i.indpred, i.indrelid), pg_get_expr(i.indexprs, i.indrelid))::text as alike,
      i.indkey::text || ' ' as columns, i.indclass::text || ' ' as classes, i.indoption::text || ' ' as orders,
      exists (select from pg_constraint k where k.conindid = i.indexrelid) as is_constraint
    from pg_index i join pg_class x on x.oid = i.indexrelid join pg_class c on c.oid = i.indrelid
    join pg_namespace n on n.oid = c.relnamespace join pg_am a on a.oid = x.relam
    where ${OURS})
  select 'invalid' as problem, m.index, m."table", m.bytes,
    format('Drop it (drop index concurrently %s;) and make it again.', m.index) as advice
  from mine m where not m.indisvalid
  union all
  select distinct on (m.index) 'duplicate', m.index, m."table", m.bytes,
    format('Drop it (drop index concurrently %s;): %s does the same.', m.index, o.index)
  from mine m join mine o on o.alike = m.alike and o.indexrelid <> m.indexrelid and o.indisvalid
    and starts_with(o.columns, m.columns) and starts_with(o.classes, m.classes) and starts_with(o.orders, m.orders)
  where m.indisvalid and not m.indisunique and not m.is_constraint and m.amname = 'btree'
    -- Of two that are wholly the same, the younger goes.
    and (o.columns <> m.columns or o.indisunique or o.indexrelid < m.indexrelid)
  union all
  select 'bloated', m.index, m."table", m.bytes,
    format('Make it anew beside the work that goes on: reindex index concurrently %s;', m.index)
  from mine m
  where m.indisvalid and m.amname = 'btree' and m.reltuples >= 0 and m.bytes > ${WORTH_BYTES}
    and m.bytes > ${BLOATED_FACTOR} * (${NEEDED_BYTES})
  union all
  select 'unused', m.index, m."table", m.bytes,
    'Nothing has read it since the statistics began. Leave it unless you know that nothing will.'
  from mine m
  join pg_stat_user_indexes u on u.indexrelid = m.indexrelid
  join pg_stat_user_tables t on t.relid = m.indrelid
  where m.indisvalid and u.idx_scan = 0 and not m.indisunique and not m.is_constraint and m.bytes > ${WORTH_BYTES}
    and coalesce(t.idx_scan, 0) + t.seq_scan > ${ENOUGH_SCANS}`;
