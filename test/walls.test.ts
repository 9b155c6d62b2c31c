import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { twoTenants, type TwoTenants } from './two-tenants.ts';

/** Tables that belong to no tenant. Whoever adds one says here why it stands outside the walls. */
const OUTSIDE = new Set([
  'people.tenant_slug', // leads from a URL to its tenant, and says nothing else
  'platform.migration', // which migrations were applied
]);
/** What the worker role may look at over all tenants. */
const WORKER_READS = [
  'engine.booking',
  'engine.feed_position',
  'engine.interval_claim',
  'engine.stock_claim',
  'engine.tenant_clock',
  'people.tenant_slug',
  'platform.migration',
  'rooms.room', // in which rooms people check in
];
const WALL = `(tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid)`;
const REFUSED = { code: '42501', message: /row-level security policy/ };

let made: TwoTenants;
let owner: pg.Client;
let client: pg.Client;
let tables: string[];
let tenantTables: string[];

before(async () => {
  made = await twoTenants();
  owner = new pg.Client({ connectionString: made.database.ownerUrl });
  client = new pg.Client({ connectionString: made.database.servingUrl });
  await Promise.all([owner.connect(), client.connect()]);
  await owner.query('set role none');
  tables = await names(`select c.oid::regclass::text as name from pg_class c
    where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
    order by 1`);
  tenantTables = tables.filter((table) => !OUTSIDE.has(table));
});
after(async () => {
  await Promise.all([owner.end(), client.end()]);
  await made.close();
});

async function asked<R extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
  return (await owner.query<R>(sql, values)).rows;
}

async function names(sql: string, values: unknown[] = []): Promise<string[]> {
  return (await asked<{ name: string }>(sql, values)).map((row) => row.name);
}

/** Runs `work` as the program does, in a transaction of tenant A, and takes it back. */
async function asA<T>(work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    await client.query('select engine.set_tenant($1)', [made.a.id]);
    return await work();
  } finally {
    await client.query('rollback');
  }
}

async function may(privilege: string, table: string, role = 'holdfast_app'): Promise<boolean> {
  const [row] = await asked<{ may: boolean }>('select has_table_privilege($1, $2, $3) as may', [
    role,
    table,
    privilege,
  ]);
  return row?.may ?? false;
}

describe('the shape of the walls', () => {
  test('every table has rows of both tenants here, or the tests below would prove nothing', async () => {
    for (const table of tenantTables) {
      const [row] = await asked<{ n: number }>(
        `select count(distinct tenant_id)::int as n from ${table} where tenant_id in ($1, $2)`,
        [made.a.id, made.b.id],
      );
      assert.equal(row?.n, 2, `${table}: fill it in test/two-tenants.ts`);
    }
  });

  test('every table that is not named as an exception is behind a forced wall for reading and writing', async () => {
    for (const table of tenantTables) {
      const [kind] = await asked<{ enabled: boolean; forced: boolean }>(
        'select relrowsecurity as enabled, relforcerowsecurity as forced from pg_class where oid = $1::regclass',
        [table],
      );
      assert.deepEqual(kind, { enabled: true, forced: true }, table);
      const policies = await asked<{ policy: string }>(
        `select format('%s %s to %s using %s check %s', polname, polcmd,
           (select string_agg(case r when 0 then 'public' else r::regrole::text end, ',') from unnest(polroles) r),
           pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) as policy
         from pg_policy where polrelid = $1::regclass order by polname`,
        [table],
      );
      const worker = 'worker_reads r to holdfast_worker using true check ';
      const expected = [`tenant_wall * to public using ${WALL} check ${WALL}`];
      if (WORKER_READS.includes(table)) expected.push(worker);
      assert.deepEqual(
        policies.map((row) => row.policy),
        expected,
        table,
      );
    }
  });

  test('tenant_id is never null and stands first in every primary, unique and exclusion key', async () => {
    for (const table of tenantTables) {
      const nullable = await names(
        `select attname::text as name from pg_attribute
         where attrelid = $1::regclass and attname = 'tenant_id' and attnotnull`,
        [table],
      );
      assert.deepEqual(nullable, ['tenant_id'], `${table}: tenant_id uuid not null`);
      const otherwise = await names(
        `select i.indexrelid::regclass::text as name from pg_index i
         where i.indrelid = $1::regclass and (i.indisunique or i.indisexclusion)
           and i.indkey[0] is distinct from
             (select attnum from pg_attribute where attrelid = i.indrelid and attname = 'tenant_id')`,
        [table],
      );
      assert.deepEqual(otherwise, [], `${table}: keys that do not begin with tenant_id`);
      const [primary] = await asked(`select from pg_index where indrelid = $1::regclass and indisprimary`, [
        table,
      ]);
      assert.ok(primary, `${table}: a primary key`);
    }
  });

  test('every foreign key leads from tenant_id to tenant_id, so no row can point into another tenant', async () => {
    const astray = await names(
      `select format('%s of %s', c.conname, c.conrelid::regclass) as name from pg_constraint c
       where c.contype = 'f' and (
         (select attname from pg_attribute where attrelid = c.conrelid and attnum = c.conkey[1]) <> 'tenant_id'
         or (select attname from pg_attribute where attrelid = c.confrelid and attnum = c.confkey[1]) <> 'tenant_id')`,
    );
    assert.deepEqual(astray, []);
  });
});

describe('through the walls', () => {
  test('without a tenant no row of any table is seen', async () => {
    for (const table of tenantTables) assert.equal(await visible(table), 0, table);
  });

  test('without a tenant again after one was set on the same connection', async () => {
    await asA(async () => assert.equal(await visible('people.tenant'), 1));
    for (const table of tenantTables) assert.equal(await visible(table), 0, table);
  });

  test('a statement without a tenant filter sees its own tenant whole and no other', async () => {
    for (const table of tenantTables) {
      const [own] = await asked<{ n: number }>(
        `select count(*)::int as n from ${table} where tenant_id = $1`,
        [made.a.id],
      );
      await asA(async () => {
        assert.equal(await visible(table), own?.n, table);
        assert.equal(await visible(table, made.b.id), 0, table);
      });
    }
  });

  test("a row of another tenant can neither be made nor be made of one's own", async () => {
    const written = `select quote_ident(attname) as name from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`;
    for (const table of tenantTables) {
      const columns = (await names(written, [table])).join(', ');
      const foreign = `insert into ${table} (${columns}) select ${columns} from (
        select (jsonb_populate_record(t, jsonb_build_object('tenant_id', $1::text))).* from ${table} t limit 1) foreign_row`;
      if (await may('insert', table))
        await asA(() => assert.rejects(client.query(foreign, [made.b.id]), REFUSED, `insert into ${table}`));
      const given = `update ${table} set tenant_id = $1`;
      if (await may('update', table))
        await asA(() => assert.rejects(client.query(given, [made.b.id]), REFUSED, `update ${table}`));
    }
  });

  test('changing and deleting everything touches nothing of another tenant', async () => {
    for (const table of tenantTables) {
      for (const [privilege, statement] of [
        ['update', `update ${table} set tenant_id = tenant_id where tenant_id = $1`],
        ['delete', `delete from ${table} where tenant_id = $1`],
      ] as const) {
        if (!(await may(privilege, table))) continue;
        const { rowCount } = await asA(() => client.query(statement, [made.b.id]));
        assert.equal(rowCount, 0, statement);
      }
    }
  });

  test('the worker reads a few tables over all tenants and writes none', async () => {
    for (const table of tables) {
      const privileges = [];
      for (const privilege of ['select', 'insert', 'update', 'delete', 'truncate'])
        if (await may(privilege, table, 'holdfast_worker')) privileges.push(privilege);
      assert.deepEqual(privileges, WORKER_READS.includes(table) ? ['select'] : [], table);
    }
  });
});

async function visible(table: string, tenant: string | null = null): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    `select count(*)::int as n from ${table} where $1::uuid is null or tenant_id = $1`,
    [tenant],
  );
  return rows[0]?.n ?? -1;
}
