-- Buildings and rooms. A room's time line is engine.calendar(resource_id = room id).

create schema rooms;
grant usage on schema rooms to holdfast_app;

create table rooms.building (
  tenant_id uuid not null references people.tenant,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint building_name_unique unique (tenant_id, name)
);

create table rooms.room (
  tenant_id uuid not null,
  id uuid not null,
  building_id uuid not null,
  name text not null check (length(name) between 1 and 200),
  floor text check (length(floor) <= 50),
  capacity int not null check (capacity >= 0),
  equipment text[] not null default '{}',
  archived_at timestamptz,
  version int not null default 1,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, building_id) references rooms.building,
  constraint room_name_unique unique (tenant_id, building_id, name)
);
create index room_by_name on rooms.room (tenant_id, name, id);
create index room_by_capacity on rooms.room (tenant_id, capacity, id);
create index room_by_age on rooms.room (tenant_id, created_at, id);

do $$
declare t text;
begin
  foreach t in array array['building', 'room'] loop
    execute format('alter table rooms.%I enable row level security', t);
    execute format('alter table rooms.%I force row level security', t);
    execute format($p$create policy tenant_wall on rooms.%I
      using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)$p$, t);
  end loop;
end $$;
grant select, insert, update, delete on rooms.building, rooms.room to holdfast_app;
