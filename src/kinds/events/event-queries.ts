import { list } from '../../platform/list.ts';
import { statement } from '../../platform/statement.ts';
import { seatDigits } from './place.ts';
import { groupsOf, hasTierLeft, tiersInSection, tiersNow, tiersOf, whomItIsSoldTo } from './tier-queries.ts';

/** Units that can be sold of the stock row `s`: holds that have expired claim nothing. Rides stock_claim_by_stock. */
export const freeUnits = `greatest(0, s.capacity + s.overbook - s.taken + coalesce((
    select sum(c.units) from engine.stock_claim c
    where c.tenant_id = $1 and c.resource_id = s.resource_id and c.bucket = s.bucket and c.units > 0
      and c.expires_at <= now()), 0))::int`;

/** Seats of the section `x` that are killed or kept by the house, and that nobody has: rides seat_mark_pkey. */
export const keptSeats = `(select count(*) from events.seat_mark m
    where m.tenant_id = $1 and m.event_id = x.event_id and m.seat_id > x.id and m.seat_id <= x.last_id
      and not exists (
        select from engine.stock_claim c
        where c.tenant_id = $1 and c.resource_id = m.seat_id and c.bucket = '-infinity' and c.units > 0
          and (c.expires_at is null or c.expires_at > now())))::int`;

const state = `case
    when e.state = 'cancelled' then 'cancelled'
    when coalesce(e.ends_at, e.starts_at) <= now() then 'ended'
    when e.state = 'onSale' and not exists (
      select from events.event_section x join engine.stock s on s.tenant_id = x.tenant_id and s.resource_id = x.id
      where x.tenant_id = $1 and x.event_id = e.id and ${freeUnits} > ${keptSeats}
        and (x.amount_minor is not null or ${hasTierLeft})) then 'soldOut'
    else e.state end`;

/** On what terms an event is sold. */
const terms = {
  startsAt: 'timestamptz',
  endsAt: 'timestamptz?',
  saleFrom: 'timestamptz?',
  saleTo: 'timestamptz?',
  holdTtlSeconds: 'int4?',
  maxPerOrder: 'int4?',
  maxPerClient: 'int4?',
  orphanRule: 'text',
} as const;

const eventColumns = {
  id: 'uuid',
  name: 'text',
  seriesId: 'uuid?',
  venueId: 'uuid',
  venue: 'text',
  timezone: 'text',
  state: 'text',
  ...terms,
  prices: 'jsonb?',
  tiers: 'jsonb?',
  groups: 'jsonb?',
  createdAt: 'timestamptz',
  version: 'int4',
} as const;

const eventSelect = `e.id, e.name, e.series_id as "seriesId", e.venue_id as "venueId", v.name as venue, v.timezone, ${state} as state,
  e.starts_at as "startsAt", e.ends_at as "endsAt", e.sale_from as "saleFrom", e.sale_to as "saleTo",
  e.hold_ttl_seconds as "holdTtlSeconds", e.max_per_order as "maxPerOrder", e.max_per_client as "maxPerClient",
  e.orphan_rule as "orphanRule", (
    select jsonb_agg(jsonb_build_object(
      'section', x.name, 'sectionId', x.id, 'amountMinor', x.amount_minor, 'category', x.category) order by x.no)
    from events.event_section x where x.tenant_id = $1 and x.event_id = e.id and x.amount_minor is not null) as prices,
  ${tiersOf} as tiers, ${groupsOf} as groups,
  e.created_at as "createdAt", e.version`;

const eventFrom = `events.event e join events.venue v on v.tenant_id = e.tenant_id and v.id = e.venue_id`;

const eventFilters = ['uuid', 'text', 'timestamptz', 'timestamptz', 'text', 'bool'] as const;
const shape = {
  columns: eventColumns,
  select: eventSelect,
  id: 'e.id',
  sorts: {
    startsAt: { by: 'e.starts_at', type: 'timestamptz' },
    name: { by: 'e.name', type: 'text' },
    createdAt: { by: 'e.created_at', type: 'timestamptz' },
  },
  defaultSort: 'startsAt',
} as const;
const filtered = `${eventFrom} where e.tenant_id = $1 and ($2::uuid is null or e.venue_id = $2)
    and ($3::text is null or ${state} = $3)
    and ($4::timestamptz is null or e.starts_at >= $4) and ($5::timestamptz is null or e.starts_at < $5)
    and ($6::text is null or position(lower($6) in lower(e.name)) > 0 or position(lower($6) in lower(v.name)) > 0)
    and ($7 or e.state <> 'draft')`;

/**
 * $2 venue, $3 state, $4 and $5 the start from and to, $6 part of a name, each null when not asked for; $7 whether
 * drafts are shown. Rides event_by_start, event_by_name or event_by_age.
 */
export const eventList = list('events.list', { ...shape, filters: eventFilters, from: filtered });

/** The same of the series $8. Rides event_by_series. */
export const eventsOfSeries = list('events.ofSeries', {
  ...shape,
  filters: [...eventFilters, 'uuid'],
  from: `${filtered} and e.series_id = $8`,
});

export const eventById = statement('events.byId', {
  params: ['uuid', 'uuid', 'bool'],
  columns: eventColumns,
  text: `select ${eventSelect} from ${eventFrom}
    where e.tenant_id = $1 and e.id = $2 and ($3 or e.state <> 'draft')`,
});

/** What selling needs to know, with the sections in order and the marked seats by id. */
export const eventsForSale = statement('events.forSale', {
  params: ['uuid', 'uuid[]'],
  columns: {
    id: 'uuid',
    state: 'text',
    ...terms,
    sections: 'jsonb',
    marks: 'jsonb?',
    tiers: 'jsonb?',
    version: 'int4',
  },
  text: `select e.id, e.state, e.starts_at as "startsAt", e.ends_at as "endsAt", e.sale_from as "saleFrom",
      e.sale_to as "saleTo", e.hold_ttl_seconds as "holdTtlSeconds", e.max_per_order as "maxPerOrder",
      e.max_per_client as "maxPerClient", e.orphan_rule as "orphanRule", (
        select jsonb_agg(jsonb_build_object(
          'id', x.id, 'name', x.name, 'kind', x.kind, 'capacity', x.capacity, 'amountMinor', x.amount_minor,
          'category', x.category, 'layout', x.layout) order by x.no)
        from events.event_section x where x.tenant_id = $1 and x.event_id = e.id) as sections, (
        select jsonb_object_agg(m.seat_id, m.mark)
        from events.seat_mark m where m.tenant_id = $1 and m.event_id = e.id) as marks,
      ${tiersOf} as tiers, e.version
    from events.event e where e.tenant_id = $1 and e.id = any ($2::uuid[])`,
});

export const lockEvent = statement('events.lock', {
  params: ['uuid', 'uuid'],
  columns: { id: 'uuid', state: 'text', version: 'int4' },
  text: `select e.id, e.state, e.version
    from events.event e where e.tenant_id = $1 and e.id = $2 for no key update of e`,
});

/** Locked in the order of their ids, so that two who lock several wait for one another only one way round. */
export const lockEvents = statement('events.lockEach', {
  params: ['uuid', 'uuid[]'],
  columns: { id: 'uuid', state: 'text', version: 'int4' },
  text: `select e.id, e.state, e.version
    from events.event e where e.tenant_id = $1 and e.id = any ($2::uuid[]) order by e.id for no key update of e`,
});

/** The other dates of the series of the event $2 that are not over, in their order. Rides event_by_series. */
export const otherDates = statement('events.otherDates', {
  params: ['uuid', 'uuid'],
  columns: { id: 'uuid', isLater: 'bool' },
  text: `select e.id, (e.starts_at, e.id) > (o.starts_at, o.id) as "isLater"
    from events.event o
    join events.event e on e.tenant_id = $1 and e.series_id = o.series_id and e.id <> o.id
    where o.tenant_id = $1 and o.id = $2 and coalesce(e.ends_at, e.starts_at) > now()
    order by e.starts_at, e.id`,
});

export const insertEvent = statement('events.insert', {
  params: [
    ...([
      'uuid',
      'uuid',
      'uuid',
      'text',
      'timestamptz',
      'timestamptz',
      'timestamptz',
      'timestamptz',
    ] as const),
    ...(['int4', 'int4', 'int4', 'text', 'uuid'] as const),
  ],
  columns: {},
  text: `insert into events.event as e (tenant_id, id, venue_id, name, starts_at, ends_at, sale_from, sale_to,
      hold_ttl_seconds, max_per_order, max_per_client, orphan_rule, series_id, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now())`,
});

export const updateEvent = statement('events.update', {
  params: [
    ...(['uuid', 'uuid', 'text', 'timestamptz', 'timestamptz', 'timestamptz', 'timestamptz'] as const),
    ...(['int4', 'int4', 'int4', 'text'] as const),
  ],
  columns: {},
  text: `update events.event e set name = $3, starts_at = $4, ends_at = $5, sale_from = $6, sale_to = $7,
      hold_ttl_seconds = $8, max_per_order = $9, max_per_client = $10, orphan_rule = $11,
      version = e.version + 1
    where e.tenant_id = $1 and e.id = $2`,
});

export const moveEvents = statement('events.move', {
  params: ['uuid', 'uuid[]', 'text'],
  columns: {},
  text: `update events.event e set state = $3, version = e.version + 1
    where e.tenant_id = $1 and e.id = any ($2::uuid[])`,
});

/** Its sections go with it. */
export const deleteEvent = statement('events.delete', {
  params: ['uuid', 'uuid'],
  columns: {},
  text: `delete from events.event e where e.tenant_id = $1 and e.id = $2`,
});

/** Where their seats are is copied from the venue $12 here: it can be far more than what is sold. */
export const insertEventSections = statement('events.insertEventSections', {
  params: [
    ...(['uuid', 'uuid', 'int4[]', 'uuid[]', 'uuid[]', 'text[]', 'text[]', 'int4[]', 'jsonb[]'] as const),
    ...(['int8[]', 'text[]', 'uuid'] as const),
  ],
  columns: {},
  text: `insert into events.event_section as x
      (tenant_id, event_id, no, id, last_id, name, kind, capacity, layout, amount_minor, category, plan)
    select k.tenant_id, $2, n.no, n.id, n.last_id, n.name, n.kind, n.capacity, n.layout, n.amount_minor,
      n.category, s.plan
    from engine.tenant_clock k
    cross join unnest(
      $3::int[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::int[], $9::jsonb[], $10::bigint[], $11::text[])
      as n (no, id, last_id, name, kind, capacity, layout, amount_minor, category)
    join events.section s on s.tenant_id = $1 and s.venue_id = $12 and s.no = n.no
    where k.tenant_id = $1`,
});

export const sectionsOfEvents = statement('events.sectionsOfEvents', {
  params: ['uuid', 'uuid[]'],
  columns: {
    id: 'uuid',
    eventId: 'uuid',
    name: 'text',
    kind: 'text',
    capacity: 'int4',
    amountMinor: 'int8?',
    category: 'text?',
  },
  text: `select x.id, x.event_id as "eventId", x.name, x.kind, x.capacity, x.amount_minor as "amountMinor", x.category
    from events.event_section x where x.tenant_id = $1 and x.event_id = any ($2::uuid[]) order by x.event_id, x.no`,
});

export const updatePrices = statement('events.updatePrices', {
  params: ['uuid', 'uuid', 'text[]', 'int8[]'],
  columns: {},
  text: `update events.event_section x set amount_minor = n.amount_minor
    from unnest($3::text[], $4::bigint[]) as n (name, amount_minor)
    where x.tenant_id = $1 and x.event_id = $2 and x.name = n.name`,
});

/**
 * The sections of an event ($4: only this one) as they can be sold now; a draft has no stock yet. With $3 also a letter for
 * each seat in its order: f free, s taken; and what is different from that, each a letter and the digits of the seat: held or
 * (f) no longer held, and killed or kept by the house (r). Letters and not rows, because 20 000 rows cost more than finding
 * them. Each of the three rides one range of an index (stock_pkey, stock_claim_by_stock, seat_mark_pkey), as ids of seats are
 * neighbours; put together by the database they had to be sorted once more, which took as long again.
 */
export const inventory = statement('events.inventory', {
  params: ['uuid', 'uuid', 'bool', 'uuid'],
  columns: {
    version: 'int4',
    isDraft: 'bool',
    id: 'uuid',
    name: 'text',
    kind: 'text',
    capacity: 'int4',
    available: 'int4',
    amountMinor: 'int8?',
    category: 'text?',
    layout: 'jsonb?',
    tiers: 'jsonb?',
    seats: 'text?',
    held: 'text?',
    marks: 'text?',
  },
  text: `with tiers as materialized (${tiersNow})
    select e.version, e.state = 'draft' as "isDraft", x.id, x.name, x.kind,
      coalesce(s.capacity, x.capacity) as capacity,
      case when s.capacity is null then x.capacity else greatest(0, ${freeUnits} - ${keptSeats}) end as available,
      x.amount_minor as "amountMinor", x.category, case when $3 then x.layout end as layout,
      ${tiersInSection} as tiers,
      case when $3 then (
        select string_agg(case when p.taken = 0 then 'f' else 's' end, '' order by p.resource_id)
        from engine.stock p where p.tenant_id = $1 and p.resource_id > x.id and p.resource_id <= x.last_id) end as seats,
      case when $3 then (
        select string_agg(case when h.expires_at > now() then 'h' else 'f' end || ${seatDigits('h.resource_id')}, '')
        from engine.stock_claim h
        where h.tenant_id = $1 and h.resource_id > x.id and h.resource_id <= x.last_id
          and h.units > 0 and h.expires_at is not null) end as held,
      case when $3 then (
        select string_agg(case m.mark when 'killed' then 'k' else 'r' end || ${seatDigits('m.seat_id')}, '')
        from events.seat_mark m
        where m.tenant_id = $1 and m.event_id = e.id and m.seat_id > x.id and m.seat_id <= x.last_id) end as marks
    from events.event e
    join events.event_section x on x.tenant_id = e.tenant_id and x.event_id = e.id
    left join engine.stock s on s.tenant_id = x.tenant_id and s.resource_id = x.id
    where e.tenant_id = $1 and e.id = $2 and ($4::uuid is null or x.id = $4)
    order by x.no`,
});

/** The sections of an event with where their seats are, and whom each is shown to. */
export const seatMap = statement('events.seatMap', {
  params: ['uuid', 'uuid'],
  columns: {
    isDraft: 'bool',
    id: 'uuid',
    name: 'text',
    kind: 'text',
    amountMinor: 'int8?',
    layout: 'jsonb?',
    plan: 'jsonb?',
    tiers: 'jsonb?',
  },
  text: `select e.state = 'draft' as "isDraft", x.id, x.name, x.kind, x.amount_minor as "amountMinor", x.layout, x.plan,
      ${whomItIsSoldTo} as tiers
    from events.event e
    join events.event_section x on x.tenant_id = e.tenant_id and x.event_id = e.id
    where e.tenant_id = $1 and e.id = $2
    order by x.no`,
});
