import type { Invariant } from './invariant.ts';

/**
 * Every table with a tenant_id, whichever kind brought it, but one: it maps a slug to its tenant before any tenant is
 * known, so it stands outside the walls.
 */
const TENANT_TABLES = `
  select c.oid, c.oid::regclass::text as name, c.relowner, 
    c.relrowsecurity and c.relforcerowsecurity and a.attnotnull as forced
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where c.relkind in ('r', 'p') and c.oid <> 'people.tenant_slug'::regclass`;

/** The policy that shows the rows of the tenant that is set, lets only such be written, and is closed while none is. */
const WALL = `(tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid)`;
const IS_WALL = `(p.polcmd = '*' and p.polpermissive and pg_get_expr(p.polqual, p.polrelid) = $wall$${WALL}$wall$
  and pg_get_expr(p.polwithcheck, p.polrelid) = $wall$${WALL}$wall$)`;

/**
 * The constraints that stand behind each sale, word for word: one that was dropped, or made again and weaker, would be
 * missed only when something is sold twice.
 */
const BACKING: readonly (readonly [table: string, name: string, definition: string])[] = [
  ['stock', 'stock_never_oversold', 'CHECK (((taken >= 0) AND (taken <= (capacity + overbook))))'],
  [
    'interval_claim',
    'interval_never_shared',
    `EXCLUDE USING gist (tenant_id WITH =, resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE ((starts_at > '-infinity'::timestamp with time zone))`,
  ],
  [
    'interval_claim',
    'interval_claim_check',
    'CHECK (((starts_at < ends_at) AND isfinite(starts_at) AND isfinite(ends_at)))',
  ],
  ['stock_claim', 'stock_claim_units_check', 'CHECK ((units > 0))'],
  [
    'booking',
    'booking_expiry_with_hold',
    `CHECK ((((expires_at IS NULL) OR (state = ANY (ARRAY['held'::text, 'paying'::text, 'requested'::text]))) AND ((expires_at IS NOT NULL) OR (state <> ALL (ARRAY['held'::text, 'paying'::text])))))`,
  ],
  ...(['interval_claim', 'stock_claim'] as const).map(
    (table) =>
      [
        table,
        `${table}_tenant_id_booking_id_line_no_fkey`,
        'FOREIGN KEY (tenant_id, booking_id, line_no) REFERENCES engine.booking_line(tenant_id, booking_id, line_no) ON DELETE CASCADE',
      ] as const,
  ),
  [
    'stock_claim',
    'stock_claim_tenant_id_resource_id_bucket_fkey',
    'FOREIGN KEY (tenant_id, resource_id, bucket) REFERENCES engine.stock(tenant_id, resource_id, bucket)',
  ],
  ['idempotency', 'idempotency_pkey', 'PRIMARY KEY (tenant_id, principal, route, key)'],
  ['change', 'change_pkey', 'PRIMARY KEY (tenant_id, seq)'],
];

const BACKING_ROWS = BACKING.map((row) => `(${row.map((word) => `$q$${word}$q$`).join(', ')})`).join(', ');

/** Schemas with tables of tenants, and with what serves them. */
const SCHEMAS = `select n.oid from pg_namespace n
  where n.oid in (select c.relnamespace from pg_class c join (${TENANT_TABLES}) t on t.oid = c.oid)`;

/** The first releases of each major version without CVE-2025-8713, CVE-2026-2005 and CVE-2026-2006. */
const PATCHED = ['15.16', '16.12', '17.8', '18.2'];
const PATCHED_NUMBERS = PATCHED.map((release) => {
  const [major = 0, minor = 0] = release.split('.').map(Number);
  return major * 10_000 + minor;
});

/** What must be true of the database itself, whatever is in it. */
export const databaseInvariants: readonly Invariant[] = [
  {
    id: 'constraints-stand',
    promise: 'the constraints that make a second sale impossible are in place, word for word',
    along: 'database',
    text: `select b.name || ' of engine.' || b.of as thing, not exists (
          select from pg_constraint k
          where k.conrelid = to_regclass('engine.' || b.of) and k.conname = b.name
            and pg_get_constraintdef(k.oid) = b.definition) as broken
      from (values ${BACKING_ROWS}) b (of, name, definition)`,
  },
  {
    id: 'walls-stand',
    promise:
      'each tenant table names its tenant and has forced row-level security, closed for reading and writing',
    along: 'database',
    // Policies add up, so one that is too wide opens what another closes: each must be the wall or a worker's read.
    text: `select t.name as thing, not t.forced
        or not exists (select from pg_policy p where p.polrelid = t.oid and ${IS_WALL})
        or exists (select from pg_policy p where p.polrelid = t.oid and not (${IS_WALL})
            and not (p.polcmd = 'r' and p.polroles = array['holdfast_worker'::regrole::oid])) as broken
      from (${TENANT_TABLES}) t`,
  },
  {
    id: 'tenant-in-keys',
    promise: 'every key of a tenant table starts with the tenant; every reference to one carries it',
    along: 'database',
    text: `select k.conname || ' of ' || t.name as thing,
        (select a.attname from pg_attribute a where a.attrelid = k.conrelid and a.attnum = k.conkey[1]) is distinct from 'tenant_id' as broken
      from (${TENANT_TABLES}) t join pg_constraint k on k.conrelid = t.oid
      where k.contype in ('p', 'u', 'x', 'f')
      union all
      select i.indexrelid::regclass || ' of ' || t.name,
        (select a.attname from pg_attribute a where a.attrelid = i.indrelid and a.attnum = i.indkey[0]) is distinct from 'tenant_id'
      from (${TENANT_TABLES}) t join pg_index i on i.indrelid = t.oid where i.indisunique`,
  },
  {
    id: 'roles-cannot-climb',
    promise: 'the serving roles own nothing and cannot step over row-level security',
    along: 'database',
    text: `select r.rolname::text as thing, r.rolsuper or r.rolbypassrls or r.rolcreaterole or exists (
          select from (${TENANT_TABLES}) t where pg_has_role(r.oid, t.relowner, 'member')) as broken
      from pg_roles r where r.rolname in ('holdfast_app', 'holdfast_worker')`,
  },
  {
    id: 'nothing-half-built',
    promise: 'no index is invalid and no constraint unchecked',
    along: 'database',
    text: `select i.indexrelid::regclass::text as thing, not i.indisvalid as broken
      from pg_index i join (${TENANT_TABLES}) t on t.oid = i.indrelid
      union all
      select k.conname, not k.convalidated from pg_constraint k join (${TENANT_TABLES}) t on t.oid = k.conrelid`,
  },
  {
    id: 'no-back-doors',
    promise:
      'views see what their reader may see; functions with the rights of their owner fix their search path',
    along: 'database',
    text: `select p.oid::regprocedure::text as thing, p.prosecdef
          and not exists (select from unnest(p.proconfig) as setting where setting like 'search_path=%') as broken
      from pg_proc p where p.pronamespace in (${SCHEMAS})
      union all
      select v.oid::regclass::text, v.relkind = 'm' or not coalesce('security_invoker=true' = any (v.reloptions), false)
      from pg_class v where v.relkind in ('v', 'm') and v.relnamespace in (${SCHEMAS})`,
  },
  {
    id: 'durability-is-on',
    promise: 'an answered booking survives a crash of the server',
    along: 'database',
    text: `select s.name as thing, s.setting = case s.name when 'zero_damaged_pages' then 'on' else 'off' end as broken
      from pg_settings s
      where s.name in ('fsync', 'full_page_writes', 'synchronous_commit', 'zero_damaged_pages')`,
  },
  {
    id: 'pages-are-intact',
    promise: 'no page of the database was read back damaged',
    along: 'database',
    text: `select d.datname::text as thing, coalesce(d.checksum_failures, 0) > 0 as broken
      from pg_stat_database d where d.datname = current_database()`,
  },
  {
    id: 'pages-are-checked',
    promise:
      'pages carry checksums, so that damage is seen; "pg_checksums --enable" adds them while PostgreSQL is stopped',
    isAdvice: true,
    along: 'database',
    text: `select s.name as thing, s.setting = 'off' as broken from pg_settings s where s.name = 'data_checksums'`,
  },
  {
    id: 'postgresql-is-patched',
    promise: `PostgreSQL is at least ${PATCHED.join(', ')}: earlier releases let a reader see past row-level security`,
    isAdvice: true,
    along: 'database',
    text: `select 'PostgreSQL ' || current_setting('server_version') as thing, s.setting::int < coalesce((
          select patched from unnest(array[${PATCHED_NUMBERS.join(', ')}]) as patched where patched / 10000 = s.setting::int / 10000), 0) as broken
      from pg_settings s where s.name = 'server_version_num'`,
  },
];
