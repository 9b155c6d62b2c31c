import pg from 'pg';
import { statements } from '../../src/platform/statement.ts';
import { planOf, readWhole, rowsRead, stepsOf, type PlanStep } from '../plan.ts';
import { filledDatabase, type Ground } from './ground.ts';
import { hotStatements, mayScan, MOST_READ_PER_ROW } from './hot-statements.ts';

/**
 * A table of the filled company that is no larger is left alone: reading it as a whole is the quickest way. Before
 * PostgreSQL 17 looking up an array of ids costs a search for each, so that is true of larger ones.
 */
const SMALL_ROWS = 500;
const SMALL_ROWS_BEFORE_17 = 2_000;

export interface Examined {
  planned: number;
  /** What breaks a rule, as one line each. */
  wrong: string[];
}

/**
 * Plans every statement of the program on `bookings` bookings of one company and carries out the hot ones: none reads a
 * large table from end to end, and none reads more than ten rows of large tables for each that it returns.
 */
export async function examinePlans(bookings: number): Promise<Examined> {
  const database = await filledDatabase(bookings);
  const client = new pg.Client({ connectionString: database.servingUrl });
  try {
    await client.connect();
    const large = await largeTables(client);
    const scans = await scansOf(client, database.ground, large);
    const waste = await wasteOf(client, database.ground, large);
    return { planned: statements.size, wrong: [...scans, ...waste] };
  } finally {
    await client.end();
    await database.close();
  }
}

async function scansOf(client: pg.Client, { tenant }: Ground, large: ReadonlySet<string>): Promise<string[]> {
  const wrong: string[] = [];
  for (const name of statements.keys()) {
    const plan = await planOf(client, tenant, name);
    const scanned = readWhole(stepsOf(plan)).filter((table) => large.has(table));
    if (scanned.length > 0 && !Object.hasOwn(mayScan, name))
      wrong.push(`${name} reads all of ${scanned.join(', ')}`);
  }
  return wrong;
}

async function wasteOf(client: pg.Client, ground: Ground, large: ReadonlySet<string>): Promise<string[]> {
  const wrong: string[] = [];
  for (const { name, values, exempt, findsNothing = false } of hotStatements) {
    const plan = await planOf(client, ground.tenant, name, values(ground));
    const returned = returnedBy(plan);
    const read = rowsRead(stepsOf(plan), (table) => large.has(table));
    const most = exempt?.most ?? Math.max(returned, 1) * MOST_READ_PER_ROW;
    if (returned === 0 && !findsNothing) wrong.push(`${name} was asked for nothing that is there`);
    if (read > most) wrong.push(`${name} reads ${read} rows and returns ${returned}; ${most} may be read`);
  }
  return wrong;
}

/** Rows that a statement returns, or those that it changes. */
function returnedBy({ 'Node Type': type, 'Actual Rows': rows = 0, Plans: [below] = [] }: PlanStep): number {
  return type === 'ModifyTable' && rows === 0 && below !== undefined ? returnedBy(below) : rows;
}

async function largeTables(client: pg.Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relrowsecurity and reltuples >
       case when current_setting('server_version_num')::int < 170000 then ${SMALL_ROWS_BEFORE_17} else ${SMALL_ROWS} end`,
  );
  return new Set(rows.map(({ name }) => name));
}
