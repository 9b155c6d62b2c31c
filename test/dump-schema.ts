import { writeFile } from 'node:fs/promises';
import type pg from 'pg';
import { asOwner } from '../src/platform/migrate.ts';
import { withTestCluster } from './cluster.ts';
import { freshDatabase } from './database.ts';

/**
 * The whole schema as SQL text, read from the catalog in a fixed order: the same on PostgreSQL 15 to 18, which
 * pg_dump's output is not. `npm run schema` writes it to db/schema.sql; schema.test.ts compares. Reviewers read there
 * what the migrations add up to.
 */
export const SCHEMA_FILE = new URL('../db/schema.sql', import.meta.url);

const HEADER = '-- What db/migrations add up to. Written by "npm run schema"; not run by anything.\n';

/** Namespaces of ours, as opposed to PostgreSQL's and to what extensions bring. */
const OURS = `n.nspname not in ('public', 'information_schema') and n.nspname not like 'pg\\_%'`;

export async function dumpSchema(ownerUrl: string): Promise<string> {
  return asOwner(ownerUrl, async (client) => {
    await client.query('set search_path = pg_catalog'); // so that every name is printed with its schema
    const parts = [
      await lines(client, extensions),
      await lines(client, schemas),
      await lines(client, functions),
      ...(await tables(client)),
    ];
    return [HEADER, ...parts.filter((part) => part !== '')].join('\n');
  });
}

/** Each query answers rows with one column, `line`. */
async function lines(client: pg.Client, text: string, values: unknown[] = []): Promise<string> {
  const { rows } = await client.query<{ line: string }>(text, values);
  return rows.map(({ line }) => `${line}\n`).join('');
}

const extensions = `
  select format('create extension %I;', extname) as line from pg_extension where extname <> 'plpgsql' order by extname`;

const schemas = `
  select line from (
    select n.nspname, '' as grantee, format('create schema %I;', n.nspname) as line
      from pg_namespace n where ${OURS}
    union all
    select n.nspname, g.grantee::regrole::text,
           format('grant %s on schema %I to %s;', string_agg(lower(g.privilege_type), ', ' order by g.privilege_type),
                  n.nspname, g.grantee::regrole)
      from pg_namespace n, aclexplode(n.nspacl) g where ${OURS} and g.grantee <> n.nspowner
     group by 1, g.grantee) s
  order by nspname collate "C", grantee collate "C"`;

const functions = `
  select pg_get_functiondef(p.oid) || ';' as line
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${OURS}
   order by p.oid::regprocedure::text collate "C"`;

async function tables(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ oid: string; name: string; options: string | null }>(
    `select c.oid, c.oid::regclass::text as name, array_to_string(c.reloptions, ', ') as options
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and ${OURS} order by c.oid::regclass::text collate "C"`,
  );
  const texts: string[] = [];
  for (const { oid, name, options } of rows) {
    const body = (await lines(client, columnsAndConstraints, [oid])).trimEnd().replaceAll('\n', ',\n  ');
    const settings = options === null ? '' : ` with (${options})`;
    const rest = await lines(client, besideTable, [oid]);
    texts.push(`create table ${name} (\n  ${body}\n)${settings};\n${rest}`);
  }
  return texts;
}

const columnsAndConstraints = `
  select line from (
    select 1 as part, attnum::int as place, '' as name,
           format('%I %s', attname, format_type(atttypid, atttypmod))
             || case when attnotnull then ' not null' else '' end
             || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
    union all
    select 2, position(contype::text in 'puxfc'), conname,
           format('constraint %I %s', conname, pg_get_constraintdef(oid))
      from pg_constraint where conrelid = $1 and contype in ('p', 'u', 'x', 'f', 'c')) s
  order by part, place, name collate "C"`;

const besideTable = `
  select line from (
    select 1 as part, i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) || ';' as line
      from pg_index i
     where i.indrelid = $1 and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
    union all
    select 2, '', format('alter table %s %s row level security;', c.oid::regclass, s.word)
      from pg_class c, lateral (values ('enable', c.relrowsecurity), ('force', c.relforcerowsecurity)) s (word, is_on)
     where c.oid = $1 and s.is_on
    union all
    select 3, polname,
           format('create policy %I on %s for %s to %s', polname, polrelid::regclass,
                  case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
                              when 'd' then 'delete' else 'all' end,
                  case when polroles = array[0::oid] then 'public'
                       else (select string_agg(r::regrole::text, ', ' order by r::regrole::text) from unnest(polroles) r) end)
             || coalesce(E'\\n  using (' || pg_get_expr(polqual, polrelid) || ')', '')
             || coalesce(E'\\n  with check (' || pg_get_expr(polwithcheck, polrelid) || ')', '') || ';'
      from pg_policy where polrelid = $1
    union all
    select 4, g.grantee::regrole::text,
           format('grant %s on %s to %s;', string_agg(lower(g.privilege_type), ', ' order by g.privilege_type),
                  c.oid::regclass, g.grantee::regrole)
      from pg_class c, aclexplode(c.relacl) g where c.oid = $1 and g.grantee <> c.relowner
     group by c.oid, g.grantee) s
  order by part, name collate "C", line collate "C"`;

if (import.meta.main)
  await withTestCluster(async () => {
    const database = await freshDatabase();
    await writeFile(SCHEMA_FILE, await dumpSchema(database.ownerUrl));
    await database.close();
  });
