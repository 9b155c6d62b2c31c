import pg from 'pg';
import { asFault } from '../../platform/fault.ts';
import { Refusal } from '../../platform/refusal.ts';
import { statements } from '../../platform/statement.ts';

/** What PostgreSQL counted of one statement since its statistics began. */
export interface QueryFigures {
  /** The program's name of it, or the first words of its text. */
  name: string;
  calls: number;
  totalMs: number;
  meanMs: number;
  rowsPerCall: number;
  /** Of the time of all statements of this database, 0 to 1. */
  share: number;
  /** How it is carried out for values that nobody knows yet; only for the program's own statements. */
  plan: string[] | undefined;
}

const NO_STATISTICS =
  'PostgreSQL does not count its statements here. Put pg_stat_statements into shared_preload_libraries in ' +
  'postgresql.conf, restart PostgreSQL, and run this in the database, as its owner: create extension ' +
  'pg_stat_statements; Until then /metrics tells what each statement takes as the server sees it.';
/** "must be loaded via shared_preload_libraries". */
const NOT_LOADED = '55000';
const ANY_TENANT = '00000000-0000-7000-8000-000000000000';
const FIRST_WORDS = 60;

/**
 * The `most` statements that took the most time, of those that the serving login ran. Connects as that login: it sees its
 * own statements whatever rights it has, and its plans are those of the server. Throws a Refusal without the extension.
 */
export async function topQueries(servingUrl: string, most: number): Promise<QueryFigures[]> {
  const client = new pg.Client({ connectionString: servingUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // the statement in flight reports it
  try {
    await client.connect();
    const counted = await readCounted(client, await schemaOf(client), most);
    const named = await plansById(client);
    return counted.map(({ id, query, ...figures }) => {
      const own = named.get(id);
      return { name: own?.name ?? firstWords(query), ...figures, plan: own?.plan };
    });
  } catch (error) {
    throw error instanceof Refusal ? error : asFault(error);
  } finally {
    await client.end();
  }
}

async function schemaOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ schema: string }>(
    `select extnamespace::regnamespace::text as schema from pg_extension where extname = 'pg_stat_statements'`,
  );
  const [found] = rows;
  if (found === undefined) throw new Refusal(NO_STATISTICS);
  return found.schema;
}

type Counted = Omit<QueryFigures, 'name' | 'plan'> & { id: string; query: string };

async function readCounted(client: pg.Client, schema: string, most: number): Promise<Counted[]> {
  try {
    const { rows } = await client.query<Counted>(
      `select q.queryid::text as id, min(q.query) as query, sum(q.calls)::float as calls,
         sum(q.total_exec_time) as "totalMs", sum(q.total_exec_time) / sum(q.calls) as "meanMs",
         sum(q.rows)::float / sum(q.calls)::float as "rowsPerCall",
         sum(q.total_exec_time) / nullif(sum(sum(q.total_exec_time)) over (), 0) as share
       from ${schema}.pg_stat_statements q
       where q.dbid = (select oid from pg_database where datname = current_database()) and q.queryid is not null
         and q.query !~* '^(explain|prepare|deallocate|set) ' -- what this command itself does
       group by q.queryid order by "totalMs" desc limit $1`,
      [most],
    );
    return rows.map((row) => ({ ...row, share: row.share ?? 0 }));
  } catch (error) {
    if (asFault(error).sqlState === NOT_LOADED) throw new Refusal(NO_STATISTICS);
    throw error;
  }
}

/**
 * The program's statements by the number under which PostgreSQL counts them. The texts cannot be compared: PostgreSQL
 * keeps them with every constant replaced.
 */
async function plansById(client: pg.Client): Promise<ReadonlyMap<string, { name: string; plan: string[] }>> {
  const found = new Map<string, { name: string; plan: string[] }>();
  for (const { name, text, params } of statements.values()) {
    await client.query('begin');
    await client.query('set local plan_cache_mode = force_generic_plan');
    if (name.startsWith('worker.')) await client.query('set local role holdfast_worker');
    else await client.query(`set local holdfast.tenant = '${ANY_TENANT}'`);
    await client.query(`prepare planned as ${text}`);
    const nulls = params.length === 0 ? '' : `(${params.map(() => 'null').join(', ')})`;
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `explain (verbose) execute planned${nulls}`,
    );
    await client.query('rollback');
    await client.query('deallocate planned');
    const lines = rows.map((row) => row['QUERY PLAN']);
    const id = lines
      .map((line) => /^Query Identifier: (-?\d+)$/.exec(line)?.[1])
      .find((each) => each !== undefined);
    const plan = lines.filter((line) => !/^ *(?:Output|Query Identifier):/.test(line));
    if (id !== undefined) found.set(id, { name, plan });
  }
  return found;
}

function firstWords(query: string): string {
  return query.replace(/\s+/g, ' ').slice(0, FIRST_WORDS);
}
