import type pg from 'pg';

/**
 * The promises that `holdfast doctor` checks from the database alone. Each is one statement per tenant (or one for the
 * whole database) that counts what it looked at and names what breaks the promise. Short statements on purpose: a
 * snapshot held for seconds slows every hot row down.
 */
export interface Invariant {
  id: string;
  promise: string;
  scope: 'tenant' | 'database';
  /** Answers rows of `(thing text, broken boolean)`: everything examined. */
  text: string;
}

export interface Finding {
  id: string;
  promise: string;
  examined: number;
  broken: number;
  /** A few of the things that break the promise. */
  examples: string[];
}

const EXAMPLES = 5;
/**
 * Every table with a tenant_id, whichever kind brought it, but one: it maps a slug to its tenant before any tenant is
 * known, so it stands outside the walls.
 */
const TENANT_TABLES = `
  select c.oid, c.oid::regclass::text as name, c.relowner, c.relrowsecurity and c.relforcerowsecurity as forced
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
  where c.relkind in ('r', 'p') and c.oid <> 'people.tenant_slug'::regclass`;

/** The policy that shows the rows of the tenant that is set, lets only such be written, and is closed while none is. */
const WALL = `(tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid)`;
const IS_WALL = `(p.polcmd = '*' and p.polpermissive and pg_get_expr(p.polqual, p.polrelid) = $wall$${WALL}$wall$
  and pg_get_expr(p.polwithcheck, p.polrelid) = $wall$${WALL}$wall$)`;

/** The changes that tell a state; others (renewed, rescheduled, checked in) leave it as it is. */
const STATE_CHANGES = `array(select 'booking.' || state from unnest(array['held', 'paying', 'requested', 'confirmed',
  'completed', 'noShow', 'expired', 'cancelled', 'declined']) as state)`;

const CLAIMS = `
  select tenant_id, booking_id, line_no, resource_id, expires_at, 'end' as until from engine.interval_claim where tenant_id = $1
  union all
  select tenant_id, booking_id, line_no, resource_id, expires_at, until from engine.stock_claim where tenant_id = $1`;

export const invariants: readonly Invariant[] = [
  {
    id: 'no-overlap',
    promise: 'no two claims of one calendar overlap',
    scope: 'tenant',
    text: `select booking_id || ' on ' || resource_id as thing,
        coalesce(starts_at < max(ends_at) over (partition by resource_id order by starts_at, ends_at
          rows between unbounded preceding and 1 preceding), false) as broken
      from engine.interval_claim where tenant_id = $1`,
  },
  {
    id: 'stock-adds-up',
    promise: 'taken is the sum of the claims and never more than capacity and overbooking allow',
    scope: 'tenant',
    text: `select s.resource_id || ' ' || s.bucket as thing,
        s.taken <> coalesce(c.units, 0) or s.taken not between 0 and s.capacity + s.overbook as broken
      from engine.stock s
      left join (select resource_id, bucket, sum(units) as units from engine.stock_claim
                 where tenant_id = $1 group by resource_id, bucket) c
        on c.resource_id = s.resource_id and c.bucket = s.bucket
      where s.tenant_id = $1`,
  },
  {
    id: 'claim-has-booking',
    promise: 'a claim belongs to a booking that holds capacity; a hold and its claims expire together',
    scope: 'tenant',
    text: `select c.booking_id || ' line ' || c.line_no as thing,
        b.id is null
        or (b.state in ('held', 'paying') and c.expires_at is distinct from b.expires_at)
        or (b.state in ('requested', 'confirmed', 'completed', 'noShow') and c.expires_at is not null)
        or b.state in ('cancelled', 'declined') or l.cancelled_at is not null
        or (c.until = 'confirm' and b.state not in ('held', 'paying', 'expired'))
        or (b.state = 'expired' and coalesce(c.expires_at > now(), true)) as broken
      from (${CLAIMS}) c
      left join engine.booking b on b.tenant_id = c.tenant_id and b.id = c.booking_id
      left join engine.booking_line l on l.tenant_id = c.tenant_id and l.booking_id = c.booking_id and l.line_no = c.line_no`,
  },
  {
    id: 'booking-has-claims',
    promise: 'a booking that holds capacity has a claim for each line that was not cancelled',
    scope: 'tenant',
    text: `select b.id || ' line ' || l.line_no as thing, not exists (
          select from engine.interval_claim c
          where c.tenant_id = $1 and c.booking_id = b.id and c.line_no = l.line_no)
        and not exists (
          select from engine.stock_claim c where c.tenant_id = $1 and c.booking_id = b.id and c.line_no = l.line_no) as broken
      from engine.booking b join engine.booking_line l on l.tenant_id = b.tenant_id and l.booking_id = b.id
      where b.tenant_id = $1 and l.cancelled_at is null and (b.state in ('requested', 'confirmed', 'completed', 'noShow')
        or (b.state in ('held', 'paying') and b.expires_at > now()))`,
  },
  {
    id: 'holds-are-swept',
    promise: 'no hold outlives its expiry by more than a minute (the sweeper runs)',
    scope: 'tenant',
    text: `select b.id::text as thing, b.expires_at < now() - interval '1 minute' as broken
      from engine.booking b where b.tenant_id = $1 and b.expires_at is not null`,
  },
  {
    id: 'amounts-add-up',
    promise: "a booking's total is the sum of its lines, and it has at least one",
    scope: 'tenant',
    text: `select b.id::text as thing, b.total_minor is distinct from l.total as broken
      from engine.booking b
      left join (select booking_id, sum(total_minor) as total from engine.booking_line
                 where tenant_id = $1 and (cancelled_at is null) group by booking_id) l on l.booking_id = b.id
      where b.tenant_id = $1`,
  },
  {
    id: 'changes-are-gapless',
    promise: "a tenant's changes are numbered without a gap up to its clock",
    scope: 'tenant',
    text: `select 'clock ' || k.seq as thing,
        c.kept <> k.seq - k.kept_from + 1 or (c.kept > 0 and (c.first <> k.kept_from or c.last <> k.seq)) as broken
      from engine.tenant_clock k
      cross join (select count(*) as kept, min(seq) as first, max(seq) as last
                  from engine.change where tenant_id = $1) c
      where k.tenant_id = $1`,
  },
  {
    id: 'state-was-told',
    promise: "a booking's state is the one that its last change tells",
    scope: 'tenant',
    text: `select b.id::text as thing, 'booking.' || b.state is distinct from last.type as broken
      from engine.booking b
      left join lateral (select c.type from engine.change c where c.tenant_id = $1 and c.booking_id = b.id
                           and c.type = any (${STATE_CHANGES})
                         order by c.seq desc limit 1) last on true
      where b.tenant_id = $1 and (last.type is not null
        or exists (select from engine.tenant_clock k where k.tenant_id = $1 and k.kept_from = 1))`,
  },
  {
    id: 'no-future',
    promise: 'nothing was made in the future',
    scope: 'tenant',
    text: `select b.id::text as thing, b.created_at > now() + interval '5 seconds' as broken
      from engine.booking b where b.tenant_id = $1`,
  },
  {
    id: 'walls-stand',
    promise: 'each tenant table has forced row-level security with a closed check on reading and writing',
    scope: 'database',
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
    scope: 'database',
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
    scope: 'database',
    text: `select r.rolname::text as thing, r.rolsuper or r.rolbypassrls or r.rolcreaterole or exists (
          select from (${TENANT_TABLES}) t where pg_has_role(r.oid, t.relowner, 'member')) as broken
      from pg_roles r where r.rolname in ('holdfast_app', 'holdfast_worker')`,
  },
  {
    id: 'nothing-half-built',
    promise: 'no index is invalid and no constraint unchecked',
    scope: 'database',
    text: `select i.indexrelid::regclass::text as thing, not i.indisvalid as broken
      from pg_index i join (${TENANT_TABLES}) t on t.oid = i.indrelid
      union all
      select k.conname, not k.convalidated from pg_constraint k join (${TENANT_TABLES}) t on t.oid = k.conrelid`,
  },
  {
    id: 'durability-is-on',
    promise: 'an answered booking survives a crash of the server',
    scope: 'database',
    text: `select s.name as thing, s.setting = 'off' as broken from pg_settings s
      where s.name in ('fsync', 'full_page_writes', 'synchronous_commit')`,
  },
];

/** Checks every promise on a connection of the owner; yields a finding as soon as it is known. */
export async function* examine(client: pg.Client): AsyncGenerator<Finding> {
  const tenants = await client.query<{ id: string }>(
    'select tenant_id as id from people.tenant_slug order by 1',
  );
  for (const invariant of invariants) {
    const { id, promise, scope } = invariant;
    const finding: Finding = { id, promise, examined: 0, broken: 0, examples: [] };
    if (scope === 'database') add(finding, await check(client, invariant, null));
    else for (const tenant of tenants.rows) add(finding, await check(client, invariant, tenant.id));
    yield finding;
  }
}

type Count = Pick<Finding, 'examined' | 'broken' | 'examples'>;

// The owner is held by the walls too (they are forced), so the tenant is set for each look.
async function check(client: pg.Client, { text }: Invariant, tenant: string | null): Promise<Count> {
  const count = `select count(*)::int as examined, (count(*) filter (where broken))::int as broken,
    coalesce((array_agg(thing) filter (where broken))[1:${EXAMPLES}], '{}') as examples from (${text}) looked`;
  await client.query('begin read only');
  if (tenant !== null) await client.query('select engine.set_tenant($1)', [tenant]);
  const { rows } = await client.query<Count>(count, tenant === null ? [] : [tenant]);
  await client.query('commit');
  return rows[0] ?? { examined: 0, broken: 0, examples: [] };
}

function add(finding: Finding, count: Count): void {
  finding.examined += count.examined;
  finding.broken += count.broken;
  finding.examples = [...finding.examples, ...count.examples].slice(0, EXAMPLES);
}
