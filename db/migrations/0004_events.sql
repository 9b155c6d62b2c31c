-- Venues with their sections, and events that take place there. What a published event sells is engine.stock: a row for
-- each of its sections and one for each numbered seat.

create schema events;
grant usage on schema events to holdfast_app;

create table events.venue (
  tenant_id uuid not null references people.tenant,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  timezone text not null,
  archived_at timestamptz,
  version int not null default 1,
  created_at timestamptz not null,
  primary key (tenant_id, id)
);
create index venue_by_name on events.venue (tenant_id, name, id);
create index venue_by_age on events.venue (tenant_id, created_at, id);

create table events.section (
  tenant_id uuid not null,
  venue_id uuid not null,
  no int not null check (no between 1 and 200),
  name text not null check (length(name) between 1 and 200),
  kind text not null check (kind in ('seated', 'standing')),
  capacity int not null check (capacity >= 1),
  layout jsonb, -- rows from front to back: [{"name": "A", "seats": 20}, ...]
  primary key (tenant_id, venue_id, no),
  foreign key (tenant_id, venue_id) references events.venue on delete cascade,
  constraint section_name_unique unique (tenant_id, venue_id, name),
  constraint section_rows_with_seats check ((kind = 'seated') = (layout is not null))
);

create table events.event (
  tenant_id uuid not null,
  id uuid not null,
  venue_id uuid not null,
  name text not null check (length(name) between 1 and 200),
  -- soldOut and ended are not kept: they follow from stock and time
  state text not null default 'draft' check (state in ('draft', 'onSale', 'paused', 'cancelled')),
  starts_at timestamptz not null,
  ends_at timestamptz,
  sale_from timestamptz,
  sale_to timestamptz,
  hold_ttl_seconds int check (hold_ttl_seconds between 1 and 3600),
  max_per_order int check (max_per_order >= 1),
  max_per_client int check (max_per_client >= 1),
  version int not null default 1,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, venue_id) references events.venue,
  constraint event_ends_after_start check (starts_at < ends_at),
  constraint event_sale_ends_after_start check (sale_from < sale_to)
);
create index event_by_start on events.event (tenant_id, starts_at, id);
create index event_by_name on events.event (tenant_id, name, id);
create index event_by_age on events.event (tenant_id, created_at, id);
create index event_by_venue on events.event (tenant_id, venue_id);

-- A section of the venue as it was when the event was made; those without a price are not sold at it.
create table events.event_section (
  tenant_id uuid not null,
  event_id uuid not null,
  no int not null check (no between 1 and 200),
  id uuid not null, -- its row in engine.stock; those of its seats come right behind it
  last_id uuid not null, -- and this is the last of them
  name text not null,
  kind text not null check (kind in ('seated', 'standing')),
  capacity int not null check (capacity >= 1),
  layout jsonb,
  amount_minor bigint not null check (amount_minor >= 0),
  primary key (tenant_id, event_id, no),
  foreign key (tenant_id, event_id) references events.event on delete cascade
);

do $$
declare t text;
begin
  foreach t in array array['venue', 'section', 'event', 'event_section'] loop
    execute format('alter table events.%I enable row level security', t);
    execute format('alter table events.%I force row level security', t);
    execute format($p$create policy tenant_wall on events.%I
      using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)$p$, t);
  end loop;
end $$;
grant select, insert, update, delete on events.venue, events.event, events.event_section to holdfast_app;
grant select, insert, delete on events.section to holdfast_app;
