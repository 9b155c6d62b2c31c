import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { statements } from '../src/platform/statement.ts';
import { describeStatement } from './describe-statement.ts';
import { freshDatabase, type FreshDatabase } from './database.ts';
import { loadStatements } from './load-statements.ts';

const POSTGRES_NAMES: Readonly<Record<string, string>> = {
  int4: 'integer',
  int8: 'bigint',
  bool: 'boolean',
  timestamptz: 'timestamp with time zone',
};
/** PostgreSQL cuts longer names of prepared statements, and two could then be one. */
const MAX_NAME = 63;
let database: FreshDatabase;
let client: pg.Client;
let walled: ReadonlySet<string>;

before(async () => {
  await loadStatements();
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.servingUrl });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    "select oid::regclass::text as name from pg_class where relrowsecurity and relkind in ('r', 'p')",
  );
  walled = new Set(rows.map((row) => row.name));
});
after(async () => {
  await client.end();
  await database.close();
});

/** `int4[]?` as PostgreSQL says it: `integer[]`. */
function postgresName(declared: string): string {
  const [, base = '', array = ''] = /^(\w+)(\[\])?\??$/.exec(declared) ?? [];
  return `${POSTGRES_NAMES[base] ?? base}${array}`;
}

/** Runs `work` as the role that will run the statement, in a transaction that is taken back. */
async function asItWillRun(name: string, work: () => Promise<void>): Promise<void> {
  const worker = name.startsWith('worker.');
  await client.query('begin');
  try {
    if (worker) await client.query('set local role holdfast_worker');
    else await client.query(`select engine.set_tenant('00000000-0000-7000-8000-000000000000')`);
    await work();
  } finally {
    await client.query('rollback');
  }
}

test('every statement has the parameters and columns that are declared for it, and its role may run it', async () => {
  assert.ok(statements.size > 20, 'the modules that define statements were not found');
  const wrong: Record<string, unknown> = {};
  for (const { name, text, params, columns } of statements.values()) {
    await asItWillRun(name, async () => {
      const told = await describeStatement(client, name, text);
      const declared = {
        parameters: params.map(postgresName),
        columns: Object.fromEntries(Object.entries(columns).map(([of, type]) => [of, postgresName(type)])),
      };
      if (!isDeepStrictEqual(told, declared)) wrong[name] = { declared, told };
      // Planning for execution checks the grants, which preparing does not.
      const nulls = params.length === 0 ? '' : `(${params.map(() => 'null').join(', ')})`;
      await client.query(`explain execute ${client.escapeIdentifier(name)}${nulls}`);
    }).catch((error: unknown) => {
      wrong[name] = error;
    });
  }
  assert.deepEqual(wrong, {});
});

test('no name of a statement is longer than PostgreSQL keeps', () => {
  for (const name of statements.keys()) assert.ok(name.length <= MAX_NAME, name);
});

test('every table in a statement is narrowed to the tenant, which is $1', () => {
  for (const { name, text, params } of statements.values()) {
    if (name.startsWith('worker.')) continue;
    assert.equal(params[0], 'uuid', `${name}: $1 is the tenant`);
    assert.match(text, /\$1\b/, `${name}: $1 is not used`);
    assert.deepEqual(unfiltered(text), [], `${name}: tables without tenant_id = $1`);
  }
});

const TABLE =
  /\b(?:from|join|update|using)\s+(\w+\.\w+)(?!\()(?:\s+(?:as\s+)?(?!where|set|on|join|left|cross|order|limit|for)([a-z]\w*))?/g;
const INSERT = /\binsert into (\w+\.\w+)(?: as \w+)? \((\w+)[^)]*\)\s+(?:values \(|select )([\w.$]+)/g;

/** Tables of a statement that are bound to `$1` neither themselves nor through one that is. */
function unfiltered(text: string): string[] {
  const tables = new Map<string, string>();
  for (const [, table = '', alias = ''] of text.matchAll(TABLE))
    if (walled.has(table)) tables.set(alias, table);
  const bound = new Set<string>();
  for (const [, alias = ''] of text.matchAll(/(?:\b(\w+)\.|\B|\b)tenant_id = \$1\b/g)) bound.add(alias);
  const equalities = [...text.matchAll(/\b(\w+)\.tenant_id = (\w+)\.tenant_id\b/g)];
  // What is no table is a subquery, whose own tables are looked at like all others.
  const isBound = (alias = '') => bound.has(alias) || !tables.has(alias);
  for (let before = -1; before < bound.size;) {
    before = bound.size;
    for (const [, a = '', b = ''] of equalities) if (isBound(a) || isBound(b)) bound.add(a).add(b);
  }
  const inserts = [...text.matchAll(INSERT)]
    .filter(([, table = '', column, value = '']) => {
      const own = column === 'tenant_id' && (value === '$1' || value.endsWith('.tenant_id'));
      return !own && walled.has(table);
    })
    .map(([, table = '']) => table);
  return [...[...tables].filter(([alias]) => !bound.has(alias)).map(([, table]) => table), ...inserts];
}
