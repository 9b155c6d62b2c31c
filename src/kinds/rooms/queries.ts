import { list } from '../../platform/list.ts';
import { statement } from '../../platform/statement.ts';

const roomColumns = {
  id: 'uuid',
  name: 'text',
  building: 'text',
  buildingId: 'uuid',
  floor: 'text?',
  capacity: 'int4',
  equipment: 'text[]',
  timezone: 'text?',
  openingHours: 'jsonb?',
  rules: 'jsonb',
  archivedAt: 'timestamptz?',
  createdAt: 'timestamptz',
  version: 'int4',
} as const;

const roomSelect = `r.id, r.name, b.name as building, r.building_id as "buildingId", r.floor, r.capacity, r.equipment,
  r.timezone, r.opening_hours as "openingHours", r.rules, r.archived_at as "archivedAt", r.created_at as "createdAt", r.version`;

export const roomFrom = `rooms.room r join rooms.building b on b.tenant_id = r.tenant_id and b.id = r.building_id`;

// $2 building, $3 least capacity, $4 equipment (all of it), $5 part of a name, each null when not asked for.
export const matches = `($2::text is null or b.name = $2) and ($3::int is null or r.capacity >= $3)
  and ($4::text[] is null or r.equipment @> $4)
  and ($5::text is null or position(lower($5) in lower(r.name)) > 0 or position(lower($5) in lower(b.name)) > 0)`;

// The same for pages. As four conditions they are taken to leave hardly anything, whose sorting costs nothing: every page of a
// thousand rooms then read and sorted them all. Into a CASE the planner does not look, and so it walks an index in order.
const matchesInOrder = `case
    when $2::text is null and $3::int is null and $4::text[] is null and $5::text is null then true
    else ${matches} end`;

const roomSorts = {
  name: { by: 'r.name', type: 'text' },
  capacity: { by: 'r.capacity', type: 'int4' },
  createdAt: { by: 'r.created_at', type: 'timestamptz' },
} as const;

/** Rides room_by_name, room_by_capacity or room_by_age, from where the page begins. */
export const roomList = list('rooms.list', {
  filters: ['text', 'int4', 'text[]', 'text', 'bool'],
  columns: roomColumns,
  select: roomSelect,
  from: `${roomFrom} where r.tenant_id = $1 and ${matchesInOrder} and (r.archived_at is not null) = $6`,
  id: 'r.id',
  sorts: roomSorts,
  defaultSort: 'name',
});

// The first live claim that ends after `from` decides: claims of a calendar do not overlap, so none after it starts
// earlier. A booking would claim the buffers of the room too. Rides interval_claim_by_end.
const buffer = (rule: string) => `make_interval(mins => coalesce((r.rules ->> '${rule}')::int, 0))`;
// The sums stand behind a fence: as part of the comparison they would keep it from being an index condition, since
// under row-level security none may look into a row with a function that could tell of it (51 claims a room, not 1).
const isFree = (from: string, to: string) => `not exists (
    select from (
      select ${from}::timestamptz - ${buffer('bufferBeforeMinutes')} as starts_at,
        ${to}::timestamptz + ${buffer('bufferAfterMinutes')} as ends_at offset 0
    ) asked
    cross join lateral (
      select i.starts_at from engine.interval_claim i
      where i.tenant_id = $1 and i.resource_id = r.id and i.ends_at > '-infinity' and i.ends_at > asked.starts_at
        and (i.expires_at is null or i.expires_at > now())
      order by i.ends_at limit 1
    ) first where first.starts_at < asked.ends_at)`;

const notBlackedOut = (from: string, to: string) => `not exists (
    select from rooms.blackout x
    where x.tenant_id = $1 and x.room_id = r.id and x.starts_at < ${to} and x.ends_at > ${from})`;

/**
 * Rooms that are free and not blacked out from $6 to $7. Rides room_by_capacity, and interval_claim_by_end and
 * blackout_by_start once for each room.
 */
export const freeRoomList = list('rooms.freeList', {
  filters: ['text', 'int4', 'text[]', 'text', 'timestamptz', 'timestamptz'],
  columns: roomColumns,
  select: roomSelect,
  from: `${roomFrom} where r.tenant_id = $1 and ${matchesInOrder} and r.archived_at is null
    and ${isFree('$6', '$7')} and ${notBlackedOut('$6', '$7')}`,
  id: 'r.id',
  sorts: roomSorts,
  defaultSort: 'capacity',
});

/** The smallest rooms but $2 with at least $3 places and all of $4 that are free from $5 to $6. Rides room_by_capacity. */
export const freeRoomsLike = statement('rooms.freeLike', {
  params: ['uuid', 'uuid', 'int4', 'text[]', 'timestamptz', 'timestamptz', 'int8'],
  columns: { id: 'uuid' },
  text: `select r.id from rooms.room r
    where r.tenant_id = $1 and r.id <> $2 and r.capacity >= $3 and r.equipment @> $4 and r.archived_at is null
      and ${isFree('$5', '$6')}
    order by r.capacity, r.id limit $7`,
});

/** Rides building_name_unique. */
export const buildingList = list('rooms.buildingList', {
  filters: [],
  columns: { id: 'uuid', name: 'text', createdAt: 'timestamptz', rooms: 'int8' },
  select: `b.id, b.name, b.created_at as "createdAt",
    (select count(*) from rooms.room r where r.tenant_id = $1 and r.building_id = b.id and r.archived_at is null) as rooms`,
  from: `rooms.building b where b.tenant_id = $1`,
  id: 'b.id',
  sorts: { name: { by: 'b.name', type: 'text' } },
  defaultSort: 'name',
});

export const roomsById = statement('rooms.byId', {
  params: ['uuid', 'uuid[]'],
  columns: roomColumns,
  text: `select ${roomSelect} from ${roomFrom} where r.tenant_id = $1 and r.id = any ($2::uuid[])`,
});

/** What selling needs to know; blackouts that are over are left out. Rides the primary key and blackout_by_start. */
export const roomsToSell = statement('rooms.toSell', {
  params: ['uuid', 'uuid[]'],
  columns: {
    id: 'uuid',
    version: 'int4',
    archived: 'bool',
    capacity: 'int4',
    equipment: 'text[]',
    timezone: 'text?',
    openingHours: 'jsonb?',
    rules: 'jsonb',
    blackouts: 'jsonb',
  },
  text: `select r.id, r.version, r.archived_at is not null as archived, r.capacity, r.equipment, r.timezone,
      r.opening_hours as "openingHours", r.rules,
      coalesce((
        select jsonb_agg(jsonb_build_object(
            'startsAt', (extract(epoch from b.starts_at) * 1000)::int8,
            'endsAt', (extract(epoch from b.ends_at) * 1000)::int8) order by b.starts_at)
        from rooms.blackout b
        where b.tenant_id = $1 and b.room_id = r.id and b.ends_at > now()), '[]') as blackouts
    from rooms.room r where r.tenant_id = $1 and r.id = any ($2::uuid[])`,
});

/** Creates the building unless it is there; says nothing, `buildingByName` does. */
export const ensureBuilding = statement('rooms.ensureBuilding', {
  params: ['uuid', 'uuid', 'text'],
  columns: {},
  text: `insert into rooms.building as b (tenant_id, id, name, created_at) values ($1, $2, $3, now())
    on conflict (tenant_id, name) do nothing`,
});

export const buildingByName = statement('rooms.buildingByName', {
  params: ['uuid', 'text'],
  columns: { id: 'uuid' },
  text: `select b.id from rooms.building b where b.tenant_id = $1 and b.name = $2`,
});

export const buildingById = statement('rooms.buildingById', {
  params: ['uuid', 'uuid'],
  columns: { id: 'uuid', name: 'text', createdAt: 'timestamptz', rooms: 'int8' },
  text: `select b.id, b.name, b.created_at as "createdAt",
      (select count(*) from rooms.room r where r.tenant_id = $1 and r.building_id = b.id and r.archived_at is null) as rooms
    from rooms.building b where b.tenant_id = $1 and b.id = $2`,
});

export const insertRoom = statement('rooms.insert', {
  params: ['uuid', 'uuid', 'uuid', 'text', 'text', 'int4', 'text[]', 'text', 'jsonb', 'jsonb'],
  columns: {},
  text: `insert into rooms.room as r (tenant_id, id, building_id, name, floor, capacity, equipment, timezone, opening_hours,
      rules, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now())`,
});

export const updateRoom = statement('rooms.update', {
  params: ['uuid', 'uuid', 'uuid', 'text', 'text', 'int4', 'text[]', 'bool', 'text', 'jsonb', 'jsonb'],
  columns: {},
  text: `update rooms.room r set building_id = $3, name = $4, floor = $5, capacity = $6, equipment = $7,
      archived_at = case when $8 then coalesce(r.archived_at, now()) end, timezone = $9, opening_hours = $10, rules = $11,
      version = r.version + 1
    where r.tenant_id = $1 and r.id = $2`,
});

/** For what belongs to a room but stands in other tables: its version moves on with it. */
export const touchRoom = statement('rooms.touch', {
  params: ['uuid', 'uuid'],
  columns: { version: 'int4' },
  text: `update rooms.room r set version = r.version + 1 where r.tenant_id = $1 and r.id = $2
    returning r.version`,
});
