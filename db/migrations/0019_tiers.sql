-- Tiers: prices of an event beside those of its sections. A tier counts its places as stock, and so does a group of tiers that
-- share places; both rows are limits, made by the first sale.

-- Null: the section is sold in tiers only. Servers of the version before must not meet such an event: publish it afterwards.
alter table events.event_section alter column amount_minor drop not null;

create table events.tier_group (
  tenant_id uuid not null,
  event_id uuid not null,
  name text not null check (length(name) between 1 and 100),
  no int not null check (no >= 1), -- the order in which they are shown
  id uuid not null, -- its row in engine.stock
  capacity int not null check (capacity >= 0),
  primary key (tenant_id, event_id, name),
  foreign key (tenant_id, event_id) references events.event on delete cascade
);

create table events.tier (
  tenant_id uuid not null,
  event_id uuid not null,
  name text not null check (length(name) between 1 and 100),
  no int not null check (no >= 1),
  id uuid not null, -- its row in engine.stock, which counts its places also where they have no bound
  amount_minor bigint not null check (amount_minor >= 0),
  sections text[] check (cardinality(sections) >= 1), -- where it is sold, by name; null: in all sections of the event
  capacity int check (capacity >= 0),
  group_name text,
  sale_from timestamptz,
  sale_to timestamptz,
  max_per_order int check (max_per_order >= 1),
  primary key (tenant_id, event_id, name),
  foreign key (tenant_id, event_id) references events.event on delete cascade,
  foreign key (tenant_id, event_id, group_name) references events.tier_group on delete cascade,
  constraint tier_sale_ends_after_start check (sale_from < sale_to)
);

do $$
declare t text;
begin
  foreach t in array array['tier_group', 'tier'] loop
    execute format('alter table events.%I enable row level security', t);
    execute format('alter table events.%I force row level security', t);
    execute format($p$create policy tenant_wall on events.%I
      using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)$p$, t);
  end loop;
end $$;
grant select, insert, update, delete on events.tier_group, events.tier to holdfast_app;
