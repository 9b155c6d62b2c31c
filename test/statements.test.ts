import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import { statements } from '../src/platform/statement.ts';
import { describeStatement } from './describe-statement.ts';
import { freshDatabase, type FreshDatabase } from './database.ts';

const POSTGRES_NAMES: Readonly<Record<string, string>> = {
  int4: 'integer',
  int8: 'bigint',
  bool: 'boolean',
  timestamptz: 'timestamp with time zone',
};
/** PostgreSQL cuts longer names of prepared statements, and two could then be one. */
const MAX_NAME = 63;
/** Tables that a statement may name without a tenant. */
const OUTSIDE = new Set(['people.tenant_slug', 'platform.migration']);

let database: FreshDatabase;
let client: pg.Client;

before(async () => {
  const files = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts'));
  for (const file of files)
    if (/\b(?:statement|list)\(/.test(readFileSync(file, 'utf8'))) await import(`../${file}`);
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.servingUrl });
  await client.connect();
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
  for (const [name, { text, params }] of statements) {
    if (name.startsWith('worker.')) continue;
    assert.equal(params[0], 'uuid', `${name}: $1 is the tenant`);
    const tables = text.matchAll(
      /\b(from|join|update|into|using)\s+(\w+\.\w+)(?!\()(?:\s+(?:as\s+)?(?!where\b|set\b|on\b|join\b|order\b|values\b|select\b)([a-z]\w*))?/g,
    );
    for (const [, word, table = '', alias] of tables) {
      if (OUTSIDE.has(table)) continue;
      const column = alias === undefined || word === 'into' ? 'tenant_id' : `${alias}.tenant_id`;
      assert.ok(text.includes(column), `${name}: ${table} without ${column}`);
    }
    assert.match(text, /\$1/, `${name}: $1 is not used`);
  }
});
