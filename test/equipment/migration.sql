-- Equipment for hire: n of a type, each of which is an engine.calendar of its own.

create schema equipment;
grant usage on schema equipment to holdfast_app;

create table equipment.type (
  tenant_id uuid not null references people.tenant,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  items uuid[] not null check (cardinality(items) between 1 and 50),
  per_hour_minor bigint not null check (per_hour_minor >= 0),
  archived boolean not null default false,
  version int not null default 1,
  primary key (tenant_id, id)
);
alter table equipment.type enable row level security;
alter table equipment.type force row level security;
create policy tenant_wall on equipment.type
  using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid);
grant select, insert, update, delete on equipment.type to holdfast_app;
