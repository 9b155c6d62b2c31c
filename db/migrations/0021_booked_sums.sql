-- What bookings add up to, kept for the report over all kinds: made at reading time, the sums of a quarter with a million
-- bookings took seconds.
--
-- A company's bookings are cut into stretches of a thousand in the order of their ids, once they are a quarter of an hour
-- old. A stretch is summed whole, in bounded steps, and again when a change tells of one of its bookings; nothing is ever
-- added to a sum, so nothing can be added twice. What is not summed, reports read from the bookings themselves: so both
-- tables may be emptied at any time, and fill again. Servers that run with SWEEPER=on fill them, also for what was booked
-- before this migration; the version before it neither reads nor harms them.

create table engine.booked_stretch (
  tenant_id uuid not null references people.tenant,
  until_id uuid not null, -- of its last booking
  after_id uuid not null, -- where the stretch before it ends; the first begins after the id of zeros
  is_summed boolean not null default false, -- false: a booking changed since, or nobody came to it yet
  -- When the first and the last of its bookings was made. Ids are made by another clock, so neighbours may overlap.
  first_at timestamptz,
  last_at timestamptz,
  primary key (tenant_id, until_id),
  check (after_id < until_id),
  constraint summed_has_times check (not is_summed or (first_at <= last_at) is true)
) with (fillfactor = 80);
create index booked_stretch_to_sum on engine.booked_stretch (tenant_id, until_id) where not is_summed;

-- The lines of a stretch by the quarter hour in which they were booked: no two clocks differ by less.
create table engine.booked (
  tenant_id uuid not null,
  until_id uuid not null,
  made timestamptz not null,
  kind text not null,
  currency text not null,
  requested int not null,
  confirmed int not null,
  no_shows int not null,
  cancelled int not null,
  declined int not null,
  -- Of those confirmed and of no-shows; lead_ms and led of such of them as name their start.
  quantity bigint not null,
  revenue_minor bigint not null,
  lead_ms bigint not null,
  led int not null,
  primary key (tenant_id, until_id, made, kind, currency),
  foreign key (tenant_id, until_id) references engine.booked_stretch on delete cascade
);

alter table engine.booked_stretch enable row level security;
alter table engine.booked_stretch force row level security;
create policy tenant_wall on engine.booked_stretch
  using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid);
grant select, insert, update on engine.booked_stretch to holdfast_app;

alter table engine.booked enable row level security;
alter table engine.booked force row level security;
create policy tenant_wall on engine.booked
  using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid);
grant select, insert, delete on engine.booked to holdfast_app;
