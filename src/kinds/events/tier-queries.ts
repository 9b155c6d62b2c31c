import { statement } from '../../platform/statement.ts';

const millis = (column: string) => `(extract(epoch from ${column}) * 1000)::bigint`;

/** The tiers of the event `e` in their order, as JSON; null where it has none. Rides tier_pkey. */
export const tiersOf = `(
    select jsonb_agg(jsonb_build_object(
      'id', t.id, 'name', t.name, 'amountMinor', t.amount_minor, 'sections', t.sections, 'capacity', t.capacity,
      'group', t.group_name, 'groupId', g.id, 'groupCapacity', g.capacity, 'saleFrom', ${millis('t.sale_from')},
      'saleTo', ${millis('t.sale_to')}, 'maxPerOrder', t.max_per_order,
      'hidden', t.hidden, 'codes', t.code_digests) order by t.no)
    from events.tier t
    left join events.tier_group g on g.tenant_id = t.tenant_id and g.event_id = t.event_id and g.name = t.group_name
    where t.tenant_id = $1 and t.event_id = e.id)`;

/** Its groups likewise. Rides tier_group_pkey. */
export const groupsOf = `(
    select jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name, 'capacity', g.capacity) order by g.no)
    from events.tier_group g where g.tenant_id = $1 and g.event_id = e.id)`;

export const tiersAndGroups = statement('events.tiersAndGroups', {
  params: ['uuid', 'uuid'],
  columns: { tiers: 'jsonb?', groups: 'jsonb?' },
  text: `select ${tiersOf} as tiers, ${groupsOf} as groups from events.event e where e.tenant_id = $1 and e.id = $2`,
});

export const putGroup = statement('events.putTierGroup', {
  params: ['uuid', 'uuid', 'text', 'int4', 'uuid', 'int4'],
  columns: {},
  text: `insert into events.tier_group as g (tenant_id, event_id, name, no, id, capacity) values ($1, $2, $3, $4, $5, $6)
    on conflict (tenant_id, event_id, name) do update set capacity = excluded.capacity`,
});

export const putTier = statement('events.putTier', {
  params: [
    ...(['uuid', 'uuid', 'text', 'int4', 'uuid', 'int8', 'text[]', 'int4', 'text'] as const),
    ...(['timestamptz', 'timestamptz', 'int4', 'bool', 'text[]'] as const),
  ],
  columns: {},
  text: `insert into events.tier as t (tenant_id, event_id, name, no, id, amount_minor, sections, capacity, group_name,
      sale_from, sale_to, max_per_order, hidden, code_digests)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    on conflict (tenant_id, event_id, name) do update set amount_minor = excluded.amount_minor,
      sections = excluded.sections, capacity = excluded.capacity, group_name = excluded.group_name,
      sale_from = excluded.sale_from, sale_to = excluded.sale_to, max_per_order = excluded.max_per_order,
      hidden = excluded.hidden, code_digests = excluded.code_digests`,
});

/** What is left of the limit `id` that allows `most`, both expressions: holds that have expired have nothing of it. */
const left = (id: string, most: string) => `greatest(0, ${most} - coalesce((
    select s.taken - coalesce((
      select sum(c.units) from engine.stock_claim c
      where c.tenant_id = $1 and c.resource_id = s.resource_id and c.bucket = s.bucket and c.units > 0
        and c.expires_at <= now()), 0)
    from engine.stock s where s.tenant_id = $1 and s.resource_id = ${id} and s.bucket = '-infinity'), 0))`;

/** The tiers of the event $2 and what is left of each, null where it has no bound. Rides tier_pkey, stock_pkey and stock_claim_by_stock. */
export const tiersNow = `select t.no, t.name, t.amount_minor, t.sections, t.hidden, t.code_digests, case
      when now() < t.sale_from or now() >= t.sale_to then 0
      else least(
        case when t.capacity is not null then ${left('t.id', 't.capacity')} end,
        case when g.id is not null then ${left('g.id', 'g.capacity')} end)::int end as "left"
    from events.tier t
    left join events.tier_group g on g.tenant_id = t.tenant_id and g.event_id = t.event_id and g.name = t.group_name
    where t.tenant_id = $1 and t.event_id = $2`;

/** Whether the section `x` has a tier of which something is left to be sold, now or later. Rides the same. */
export const hasTierLeft = `exists (
    select from events.tier t
    left join events.tier_group g on g.tenant_id = t.tenant_id and g.event_id = t.event_id and g.name = t.group_name
    where t.tenant_id = $1 and t.event_id = x.event_id and (t.sections is null or x.name = any (t.sections))
      and (t.sale_to is null or now() < t.sale_to)
      and (t.capacity is null or ${left('t.id', 't.capacity')} > 0)
      and (g.id is null or ${left('g.id', 'g.capacity')} > 0))`;

/** Those of `tiersNow`, as `n`, that the section `x` is sold in. */
export const tiersInSection = `(
    select jsonb_agg(jsonb_build_object('name', n.name, 'amountMinor', n.amount_minor, 'left', n."left",
      'hidden', n.hidden, 'codes', n.code_digests) order by n.no)
    from tiers n where n.sections is null or x.name = any (n.sections))`;

/** Whether each tier of the section `x` is hidden, and behind what. Rides tier_pkey. */
export const whomItIsSoldTo = `(
    select jsonb_agg(jsonb_build_object('hidden', t.hidden, 'codes', t.code_digests))
    from events.tier t
    where t.tenant_id = $1 and t.event_id = x.event_id and (t.sections is null or x.name = any (t.sections)))`;
