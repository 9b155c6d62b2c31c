-- What a room may be booked for. Rules and hours are jsonb: they are read and replaced as a whole, and no statement
-- looks into them but the search for other rooms, for the buffers. Adding columns with constants rewrites no table.

alter table rooms.room
  add column timezone text, -- null: the tenant's
  add column opening_hours jsonb check (jsonb_typeof(opening_hours) = 'object'), -- null: always open
  add column rules jsonb not null default '{}' check (jsonb_typeof(rules) = 'object');

-- A stretch in which a room cannot be booked. What was booked before stays.
create table rooms.blackout (
  tenant_id uuid not null,
  id uuid not null,
  room_id uuid not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  reason text check (length(reason) between 1 and 200),
  created_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, room_id) references rooms.room on delete cascade,
  constraint blackout_not_empty check (starts_at < ends_at)
);
create index blackout_by_start on rooms.blackout (tenant_id, room_id, starts_at, id);

alter table rooms.blackout enable row level security;
alter table rooms.blackout force row level security;
create policy tenant_wall on rooms.blackout
  using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid);
grant select, insert, delete on rooms.blackout to holdfast_app;
