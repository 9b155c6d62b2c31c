import { list } from '../../platform/list.ts';
import { statement } from '../../platform/statement.ts';

const venueColumns = {
  id: 'uuid',
  name: 'text',
  timezone: 'text',
  sections: 'jsonb',
  archivedAt: 'timestamptz?',
  createdAt: 'timestamptz',
  version: 'int4',
} as const;

const ROWS = ", 'rows', s.layout, 'plan', s.plan";

/** With `rows` the sections show their rows, which lists leave out: a hall has hundreds. */
const venueSelect = (rows: '' | typeof ROWS) => `v.id, v.name, v.timezone, (
    select coalesce(jsonb_agg(jsonb_build_object('name', s.name, 'kind', s.kind, 'capacity', s.capacity${rows})
      order by s.no), '[]')
    from events.section s where s.tenant_id = $1 and s.venue_id = v.id) as sections,
  v.archived_at as "archivedAt", v.created_at as "createdAt", v.version`;

/** $2 part of a name or null, $3 whether archived. Rides venue_by_name or venue_by_age. */
export const venueList = list('events.venueList', {
  filters: ['text', 'bool'],
  columns: venueColumns,
  select: venueSelect(''),
  from: `events.venue v where v.tenant_id = $1
    and ($2::text is null or position(lower($2) in lower(v.name)) > 0) and (v.archived_at is not null) = $3`,
  id: 'v.id',
  sorts: {
    name: { by: 'v.name', type: 'text' },
    createdAt: { by: 'v.created_at', type: 'timestamptz' },
  },
  defaultSort: 'name',
});

export const venueById = statement('events.venueById', {
  params: ['uuid', 'uuid'],
  columns: venueColumns,
  text: `select ${venueSelect(ROWS)} from events.venue v where v.tenant_id = $1 and v.id = $2`,
});

export const lockVenue = statement('events.lockVenue', {
  params: ['uuid', 'uuid'],
  columns: { timezone: 'text', archivedAt: 'timestamptz?' },
  text: `select v.timezone, v.archived_at as "archivedAt"
    from events.venue v where v.tenant_id = $1 and v.id = $2 for no key update of v`,
});

export const insertVenue = statement('events.insertVenue', {
  params: ['uuid', 'uuid', 'text', 'text'],
  columns: {},
  text: `insert into events.venue as v (tenant_id, id, name, timezone, created_at) values ($1, $2, $3, $4, now())`,
});

export const updateVenue = statement('events.updateVenue', {
  params: ['uuid', 'uuid', 'text', 'text', 'bool'],
  columns: {},
  text: `update events.venue v set name = $3, timezone = $4,
      archived_at = case when $5 then coalesce(v.archived_at, now()) end, version = v.version + 1
    where v.tenant_id = $1 and v.id = $2`,
});

export const insertSections = statement('events.insertSections', {
  params: ['uuid', 'uuid', 'int4[]', 'text[]', 'text[]', 'int4[]', 'jsonb[]', 'jsonb[]'],
  columns: {},
  text: `insert into events.section as s (tenant_id, venue_id, no, name, kind, capacity, layout, plan)
    select k.tenant_id, $2, n.no, n.name, n.kind, n.capacity, n.layout, n.plan
    from engine.tenant_clock k
    cross join unnest($3::int[], $4::text[], $5::text[], $6::int[], $7::jsonb[], $8::jsonb[])
      as n (no, name, kind, capacity, layout, plan)
    where k.tenant_id = $1`,
});

export const deleteSections = statement('events.deleteSections', {
  params: ['uuid', 'uuid'],
  columns: {},
  text: `delete from events.section s where s.tenant_id = $1 and s.venue_id = $2`,
});

export const sectionsOfVenue = statement('events.sectionsOfVenue', {
  params: ['uuid', 'uuid'],
  columns: { no: 'int4', name: 'text', kind: 'text', capacity: 'int4', layout: 'jsonb?' },
  text: `select s.no, s.name, s.kind, s.capacity, s.layout
    from events.section s where s.tenant_id = $1 and s.venue_id = $2 order by s.no`,
});
