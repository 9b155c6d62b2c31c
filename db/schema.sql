-- What db/migrations add up to. Written by "npm run schema"; not run by anything.

create extension btree_gist;

create schema engine;
grant usage on schema engine to holdfast_app;
grant usage on schema engine to holdfast_worker;
create schema events;
grant usage on schema events to holdfast_app;
create schema people;
grant usage on schema people to holdfast_app;
grant usage on schema people to holdfast_worker;
create schema platform;
grant usage on schema platform to holdfast_worker;
create schema rooms;
grant usage on schema rooms to holdfast_app;
grant usage on schema rooms to holdfast_worker;
create schema sales;
grant usage on schema sales to holdfast_app;

CREATE OR REPLACE FUNCTION engine.set_tenant(tenant uuid)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
begin
  execute format('set local holdfast.tenant = %L', tenant);
  return tenant::text;
end $function$
;

create table engine.booked (
  tenant_id uuid not null,
  until_id uuid not null,
  made timestamp with time zone not null,
  kind text not null,
  currency text not null,
  requested integer not null,
  confirmed integer not null,
  no_shows integer not null,
  cancelled integer not null,
  declined integer not null,
  quantity bigint not null,
  revenue_minor bigint not null,
  lead_ms bigint not null,
  led integer not null,
  thing_ids uuid[] not null,
  outcomes smallint[] not null,
  leads_ms bigint[] not null,
  lasts_ms bigint[] not null,
  constraint booked_pkey PRIMARY KEY (tenant_id, until_id, made, kind, currency),
  constraint booked_tenant_id_until_id_fkey FOREIGN KEY (tenant_id, until_id) REFERENCES engine.booked_stretch(tenant_id, until_id) ON DELETE CASCADE,
  constraint booked_lines_whole CHECK (((cardinality(outcomes) = cardinality(thing_ids)) AND (cardinality(leads_ms) = cardinality(thing_ids)) AND (cardinality(lasts_ms) = cardinality(thing_ids))))
);
alter table engine.booked enable row level security;
alter table engine.booked force row level security;
create policy tenant_wall on engine.booked for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select on engine.booked to holdfast_app;

create table engine.booked_stretch (
  tenant_id uuid not null,
  until_id uuid not null,
  after_id uuid not null,
  is_summed boolean not null default false,
  first_at timestamp with time zone,
  last_at timestamp with time zone,
  constraint booked_stretch_pkey PRIMARY KEY (tenant_id, until_id),
  constraint booked_stretch_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id),
  constraint booked_stretch_check CHECK ((after_id < until_id)),
  constraint summed_has_times CHECK (((NOT is_summed) OR ((first_at <= last_at) IS TRUE)))
) with (fillfactor=80);
CREATE INDEX booked_stretch_to_sum ON engine.booked_stretch USING btree (tenant_id, until_id) WHERE (NOT is_summed);
alter table engine.booked_stretch enable row level security;
alter table engine.booked_stretch force row level security;
create policy tenant_wall on engine.booked_stretch for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant insert, select, update on engine.booked_stretch to holdfast_app;

create table engine.booking (
  tenant_id uuid not null,
  id uuid not null,
  reference text not null,
  state text not null,
  expires_at timestamp with time zone,
  hold_seconds integer not null,
  approval text not null default 'none'::text,
  checked_in_at timestamp with time zone,
  client_id uuid,
  note text,
  currency text not null,
  total_minor bigint not null,
  version integer not null default 1,
  created_at timestamp with time zone not null,
  created_by text not null,
  constraint booking_pkey PRIMARY KEY (tenant_id, id),
  constraint booking_client_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES people.client(tenant_id, id),
  constraint booking_approval_check CHECK ((approval = ANY (ARRAY['none'::text, 'exclusive'::text, 'competing'::text]))),
  constraint booking_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint booking_expiry_with_hold CHECK ((((expires_at IS NULL) OR (state = ANY (ARRAY['held'::text, 'paying'::text, 'requested'::text]))) AND ((expires_at IS NOT NULL) OR (state <> ALL (ARRAY['held'::text, 'paying'::text]))))),
  constraint booking_hold_seconds_check CHECK (((hold_seconds >= 1) AND (hold_seconds <= 3600))),
  constraint booking_note_check CHECK ((length(note) <= 2000)),
  constraint booking_state_check CHECK ((state = ANY (ARRAY['held'::text, 'paying'::text, 'requested'::text, 'confirmed'::text, 'completed'::text, 'noShow'::text, 'expired'::text, 'cancelled'::text, 'declined'::text]))),
  constraint booking_total_minor_check CHECK (((total_minor >= 0) AND (total_minor <= '9007199254740991'::bigint)))
) with (fillfactor=80, autovacuum_analyze_scale_factor=0.02, autovacuum_vacuum_scale_factor=0.05);
CREATE INDEX booking_by_client ON engine.booking USING btree (tenant_id, client_id, id) WHERE (client_id IS NOT NULL);
CREATE INDEX booking_due ON engine.booking USING btree (expires_at) WHERE (expires_at > '-infinity'::timestamp with time zone);
CREATE UNIQUE INDEX booking_reference_unique ON engine.booking USING btree (tenant_id, reference) WHERE (reference <> ''::text);
CREATE INDEX booking_requested ON engine.booking USING btree (tenant_id, id) WHERE (state = 'requested'::text);
alter table engine.booking enable row level security;
alter table engine.booking force row level security;
create policy tenant_wall on engine.booking for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
create policy worker_reads on engine.booking for select to holdfast_worker
  using (true);
grant insert, select, update on engine.booking to holdfast_app;
grant select on engine.booking to holdfast_worker;

create table engine.booking_line (
  tenant_id uuid not null,
  booking_id uuid not null,
  line_no integer not null,
  kind text not null,
  details jsonb not null,
  quantity integer not null,
  unit_minor bigint not null,
  tax_minor bigint not null default 0,
  total_minor bigint not null,
  checked_in_at timestamp with time zone,
  cancelled_at timestamp with time zone,
  constraint booking_line_pkey PRIMARY KEY (tenant_id, booking_id, line_no),
  constraint booking_line_tenant_id_booking_id_fkey FOREIGN KEY (tenant_id, booking_id) REFERENCES engine.booking(tenant_id, id) ON DELETE CASCADE,
  constraint booking_line_line_no_check CHECK ((line_no >= 1)),
  constraint booking_line_quantity_check CHECK ((quantity >= 1)),
  constraint booking_line_tax_minor_check CHECK ((tax_minor >= 0)),
  constraint booking_line_total_minor_check CHECK ((total_minor >= 0)),
  constraint booking_line_unit_minor_check CHECK ((unit_minor >= 0))
) with (autovacuum_analyze_scale_factor=0.02, autovacuum_vacuum_scale_factor=0.05);
alter table engine.booking_line enable row level security;
alter table engine.booking_line force row level security;
create policy tenant_wall on engine.booking_line for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant insert, select, update on engine.booking_line to holdfast_app;

create table engine.calendar (
  tenant_id uuid not null,
  resource_id uuid not null,
  waiting integer not null default 0,
  constraint calendar_pkey PRIMARY KEY (tenant_id, resource_id),
  constraint calendar_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id),
  constraint calendar_waiting_check CHECK ((waiting >= 0))
);
alter table engine.calendar enable row level security;
alter table engine.calendar force row level security;
create policy tenant_wall on engine.calendar for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on engine.calendar to holdfast_app;

create table engine.change (
  tenant_id uuid not null,
  seq bigint not null,
  at timestamp with time zone not null,
  type text not null,
  booking_id uuid,
  resource_ids uuid[] not null,
  actor text not null,
  payload jsonb not null,
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  constraint change_pkey PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX change_of_booking ON engine.change USING btree (tenant_id, booking_id, seq) WHERE (booking_id IS NOT NULL);
alter table engine.change enable row level security;
alter table engine.change force row level security;
create policy tenant_wall on engine.change for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select on engine.change to holdfast_app;

create table engine.feed_position (
  tenant_id uuid not null,
  reader text not null,
  seq bigint not null,
  constraint feed_position_pkey PRIMARY KEY (tenant_id, reader),
  constraint feed_position_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id),
  constraint feed_position_reader_check CHECK (((length(reader) >= 1) AND (length(reader) <= 60))),
  constraint feed_position_seq_check CHECK ((seq >= 0))
) with (fillfactor=50);
alter table engine.feed_position enable row level security;
alter table engine.feed_position force row level security;
create policy tenant_wall on engine.feed_position for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
create policy worker_reads on engine.feed_position for select to holdfast_worker
  using (true);
grant insert, select, update on engine.feed_position to holdfast_app;
grant select on engine.feed_position to holdfast_worker;

create table engine.guard (
  tenant_id uuid not null,
  guard_id uuid not null,
  version integer not null default 1,
  constraint guard_pkey PRIMARY KEY (tenant_id, guard_id),
  constraint guard_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id)
);
alter table engine.guard enable row level security;
alter table engine.guard force row level security;
create policy tenant_wall on engine.guard for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on engine.guard to holdfast_app;

create table engine.idempotency (
  tenant_id uuid not null,
  principal text not null,
  route text not null,
  key text not null,
  fingerprint bytea not null,
  status integer not null,
  body text not null,
  at timestamp with time zone not null,
  constraint idempotency_pkey PRIMARY KEY (tenant_id, principal, route, key),
  constraint idempotency_fingerprint_check CHECK ((octet_length(fingerprint) = 32)),
  constraint idempotency_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
  constraint idempotency_status_check CHECK (((status >= 200) AND (status <= 299)))
);
CREATE INDEX idempotency_by_age ON engine.idempotency USING btree (tenant_id, at) WHERE (at > '-infinity'::timestamp with time zone);
alter table engine.idempotency enable row level security;
alter table engine.idempotency force row level security;
create policy tenant_wall on engine.idempotency for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select on engine.idempotency to holdfast_app;

create table engine.interval_claim (
  tenant_id uuid not null,
  resource_id uuid not null,
  booking_id uuid not null,
  line_no integer not null,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  constraint interval_claim_pkey PRIMARY KEY (tenant_id, booking_id, line_no, resource_id, starts_at),
  constraint interval_never_shared EXCLUDE USING gist (tenant_id WITH =, resource_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE ((starts_at > '-infinity'::timestamp with time zone)),
  constraint interval_claim_tenant_id_booking_id_line_no_fkey FOREIGN KEY (tenant_id, booking_id, line_no) REFERENCES engine.booking_line(tenant_id, booking_id, line_no) ON DELETE CASCADE,
  constraint interval_claim_tenant_id_resource_id_fkey FOREIGN KEY (tenant_id, resource_id) REFERENCES engine.calendar(tenant_id, resource_id),
  constraint interval_claim_check CHECK (((starts_at < ends_at) AND isfinite(starts_at) AND isfinite(ends_at)))
) with (autovacuum_analyze_scale_factor=0.02, autovacuum_vacuum_scale_factor=0.05);
CREATE INDEX interval_claim_by_end ON engine.interval_claim USING btree (tenant_id, resource_id, ends_at) INCLUDE (starts_at, expires_at, booking_id) WHERE (ends_at > '-infinity'::timestamp with time zone);
CREATE INDEX interval_claim_due ON engine.interval_claim USING btree (expires_at) WHERE (expires_at > '-infinity'::timestamp with time zone);
CREATE INDEX interval_claim_long ON engine.interval_claim USING btree (tenant_id, resource_id, ends_at) INCLUDE (starts_at, expires_at, booking_id) WHERE ((ends_at > '-infinity'::timestamp with time zone) AND ((ends_at - starts_at) > '24:00:00'::interval));
alter table engine.interval_claim enable row level security;
alter table engine.interval_claim force row level security;
create policy tenant_wall on engine.interval_claim for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
create policy worker_reads on engine.interval_claim for select to holdfast_worker
  using (true);
grant delete, insert, select, update on engine.interval_claim to holdfast_app;
grant select on engine.interval_claim to holdfast_worker;

create table engine.stock (
  tenant_id uuid not null,
  resource_id uuid not null,
  bucket date not null default '-infinity'::date,
  capacity integer not null,
  overbook integer not null default 0,
  taken integer not null default 0,
  waiting integer not null default 0,
  constraint stock_pkey PRIMARY KEY (tenant_id, resource_id, bucket),
  constraint stock_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id),
  constraint stock_capacity_check CHECK ((capacity >= 0)),
  constraint stock_never_oversold CHECK (((taken >= 0) AND (taken <= (capacity + overbook)))),
  constraint stock_overbook_check CHECK ((overbook >= 0)),
  constraint stock_waiting_check CHECK ((waiting >= 0))
) with (fillfactor=70);
CREATE INDEX stock_by_day ON engine.stock USING btree (tenant_id, bucket) WHERE (bucket > '-infinity'::date);
alter table engine.stock enable row level security;
alter table engine.stock force row level security;
create policy tenant_wall on engine.stock for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on engine.stock to holdfast_app;

create table engine.stock_claim (
  tenant_id uuid not null,
  resource_id uuid not null,
  bucket date not null,
  booking_id uuid not null,
  line_no integer not null,
  units integer not null,
  expires_at timestamp with time zone,
  until text not null default 'end'::text,
  constraint stock_claim_pkey PRIMARY KEY (tenant_id, booking_id, line_no, resource_id, bucket),
  constraint stock_claim_tenant_id_booking_id_line_no_fkey FOREIGN KEY (tenant_id, booking_id, line_no) REFERENCES engine.booking_line(tenant_id, booking_id, line_no) ON DELETE CASCADE,
  constraint stock_claim_tenant_id_resource_id_bucket_fkey FOREIGN KEY (tenant_id, resource_id, bucket) REFERENCES engine.stock(tenant_id, resource_id, bucket),
  constraint stock_claim_units_check CHECK ((units > 0)),
  constraint stock_claim_until_check CHECK ((until = ANY (ARRAY['end'::text, 'confirm'::text, 'bookingEnd'::text, 'bookingConfirm'::text])))
) with (autovacuum_analyze_scale_factor=0.02, autovacuum_vacuum_scale_factor=0.05);
CREATE INDEX stock_claim_by_day ON engine.stock_claim USING btree (tenant_id, resource_id, bucket) WHERE (bucket > '-infinity'::date);
CREATE INDEX stock_claim_by_stock ON engine.stock_claim USING btree (tenant_id, resource_id, bucket, expires_at, booking_id, line_no) WHERE (units > 0);
CREATE INDEX stock_claim_due ON engine.stock_claim USING btree (expires_at) WHERE (expires_at > '-infinity'::timestamp with time zone);
alter table engine.stock_claim enable row level security;
alter table engine.stock_claim force row level security;
create policy tenant_wall on engine.stock_claim for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
create policy worker_reads on engine.stock_claim for select to holdfast_worker
  using (true);
grant delete, insert, select, update on engine.stock_claim to holdfast_app;
grant select on engine.stock_claim to holdfast_worker;

create table engine.tenant_clock (
  tenant_id uuid not null,
  seq bigint not null default 0,
  kept_from bigint not null default 1,
  constraint tenant_clock_pkey PRIMARY KEY (tenant_id),
  constraint tenant_clock_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id),
  constraint tenant_clock_seq_check CHECK ((seq >= 0))
) with (fillfactor=50);
alter table engine.tenant_clock enable row level security;
alter table engine.tenant_clock force row level security;
create policy tenant_wall on engine.tenant_clock for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
create policy worker_reads on engine.tenant_clock for select to holdfast_worker
  using (true);
grant insert, select, update on engine.tenant_clock to holdfast_app;
grant select on engine.tenant_clock to holdfast_worker;

create table engine.wish (
  tenant_id uuid not null,
  booking_id uuid not null,
  line_no integer not null,
  no integer not null,
  calendar_id uuid,
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  stock_id uuid,
  bucket date,
  units integer,
  cap integer,
  rule text,
  stays boolean not null,
  constraint wish_pkey PRIMARY KEY (tenant_id, booking_id, line_no, no),
  constraint wish_tenant_id_booking_id_line_no_fkey FOREIGN KEY (tenant_id, booking_id, line_no) REFERENCES engine.booking_line(tenant_id, booking_id, line_no) ON DELETE CASCADE,
  constraint wish_tenant_id_calendar_id_fkey FOREIGN KEY (tenant_id, calendar_id) REFERENCES engine.calendar(tenant_id, resource_id),
  constraint wish_cap_check CHECK ((cap >= 0)),
  constraint wish_has_length CHECK (((starts_at < ends_at) AND isfinite(starts_at) AND isfinite(ends_at))),
  constraint wish_is_time_or_units CHECK ((((num_nonnulls(calendar_id, starts_at, ends_at) = 3) AND (num_nonnulls(stock_id, bucket, units, cap, rule) = 0)) OR ((num_nonnulls(calendar_id, starts_at, ends_at) = 0) AND (num_nonnulls(stock_id, bucket, units) = 3)))),
  constraint wish_no_check CHECK ((no >= 1)),
  constraint wish_units_check CHECK ((units > 0))
);
CREATE INDEX wish_by_calendar ON engine.wish USING btree (tenant_id, calendar_id, ends_at) WHERE (ends_at > '-infinity'::timestamp with time zone);
alter table engine.wish enable row level security;
alter table engine.wish force row level security;
create policy tenant_wall on engine.wish for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select on engine.wish to holdfast_app;

create table events.entry_rule (
  tenant_id uuid not null,
  event_id uuid not null,
  entrances jsonb not null,
  transfer text not null,
  constraint entry_rule_pkey PRIMARY KEY (tenant_id, event_id),
  constraint entry_rule_tenant_id_event_id_fkey FOREIGN KEY (tenant_id, event_id) REFERENCES events.event(tenant_id, id) ON DELETE CASCADE,
  constraint entry_rule_transfer_check CHECK ((transfer = ANY (ARRAY['allowed'::text, 'forbidden'::text])))
);
alter table events.entry_rule enable row level security;
alter table events.entry_rule force row level security;
create policy tenant_wall on events.entry_rule for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant insert, select, update on events.entry_rule to holdfast_app;

create table events.event (
  tenant_id uuid not null,
  id uuid not null,
  venue_id uuid not null,
  name text not null,
  state text not null default 'draft'::text,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone,
  sale_from timestamp with time zone,
  sale_to timestamp with time zone,
  hold_ttl_seconds integer,
  max_per_order integer,
  max_per_client integer,
  version integer not null default 1,
  created_at timestamp with time zone not null,
  orphan_rule text not null default 'off'::text,
  series_id uuid,
  constraint event_pkey PRIMARY KEY (tenant_id, id),
  constraint event_tenant_id_venue_id_fkey FOREIGN KEY (tenant_id, venue_id) REFERENCES events.venue(tenant_id, id),
  constraint event_ends_after_start CHECK ((starts_at < ends_at)),
  constraint event_hold_ttl_seconds_check CHECK (((hold_ttl_seconds >= 1) AND (hold_ttl_seconds <= 3600))),
  constraint event_max_per_client_check CHECK ((max_per_client >= 1)),
  constraint event_max_per_order_check CHECK ((max_per_order >= 1)),
  constraint event_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint event_orphan_rule_check CHECK ((orphan_rule = ANY (ARRAY['off'::text, 'on'::text]))),
  constraint event_sale_ends_after_start CHECK ((sale_from < sale_to)),
  constraint event_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'onSale'::text, 'paused'::text, 'cancelled'::text])))
);
CREATE INDEX event_by_age ON events.event USING btree (tenant_id, created_at, id);
CREATE INDEX event_by_name ON events.event USING btree (tenant_id, name, id);
CREATE INDEX event_by_series ON events.event USING btree (tenant_id, series_id, starts_at, id) WHERE (series_id IS NOT NULL);
CREATE INDEX event_by_start ON events.event USING btree (tenant_id, starts_at, id);
CREATE INDEX event_by_venue ON events.event USING btree (tenant_id, venue_id);
alter table events.event enable row level security;
alter table events.event force row level security;
create policy tenant_wall on events.event for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on events.event to holdfast_app;

create table events.event_section (
  tenant_id uuid not null,
  event_id uuid not null,
  no integer not null,
  id uuid not null,
  last_id uuid not null,
  name text not null,
  kind text not null,
  capacity integer not null,
  layout jsonb,
  amount_minor bigint,
  category text,
  plan jsonb,
  constraint event_section_pkey PRIMARY KEY (tenant_id, event_id, no),
  constraint event_section_tenant_id_event_id_fkey FOREIGN KEY (tenant_id, event_id) REFERENCES events.event(tenant_id, id) ON DELETE CASCADE,
  constraint event_section_amount_minor_check CHECK ((amount_minor >= 0)),
  constraint event_section_capacity_check CHECK ((capacity >= 1)),
  constraint event_section_category_check CHECK (((length(category) >= 1) AND (length(category) <= 100))),
  constraint event_section_kind_check CHECK ((kind = ANY (ARRAY['seated'::text, 'standing'::text]))),
  constraint event_section_no_check CHECK (((no >= 1) AND (no <= 200)))
);
alter table events.event_section enable row level security;
alter table events.event_section force row level security;
create policy tenant_wall on events.event_section for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on events.event_section to holdfast_app;

create table events.scan (
  tenant_id uuid not null,
  booking_id uuid not null,
  line_no integer not null,
  place_id uuid not null,
  scanned_at timestamp with time zone not null,
  device text not null,
  entrance text not null,
  outcome text not null,
  scanned_by text not null,
  received_at timestamp with time zone not null,
  constraint scan_pkey PRIMARY KEY (tenant_id, booking_id, line_no, place_id, scanned_at, device, entrance),
  constraint scan_tenant_id_booking_id_line_no_fkey FOREIGN KEY (tenant_id, booking_id, line_no) REFERENCES engine.booking_line(tenant_id, booking_id, line_no),
  constraint scan_device_check CHECK ((length(device) <= 100)),
  constraint scan_entrance_check CHECK ((length(entrance) <= 100)),
  constraint scan_outcome_check CHECK ((outcome = ANY (ARRAY['counted'::text, 'duplicate'::text, 'undone'::text])))
);
CREATE INDEX scan_by_place ON events.scan USING btree (tenant_id, place_id) WHERE (scanned_at > '-infinity'::timestamp with time zone);
CREATE UNIQUE INDEX scan_lets_in_once ON events.scan USING btree (tenant_id, booking_id, line_no, place_id) WHERE (outcome = 'counted'::text);
alter table events.scan enable row level security;
alter table events.scan force row level security;
create policy tenant_wall on events.scan for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant insert, select, update on events.scan to holdfast_app;

create table events.seat_mark (
  tenant_id uuid not null,
  event_id uuid not null,
  seat_id uuid not null,
  mark text not null,
  marked_at timestamp with time zone not null,
  constraint seat_mark_pkey PRIMARY KEY (tenant_id, event_id, seat_id),
  constraint seat_mark_tenant_id_event_id_fkey FOREIGN KEY (tenant_id, event_id) REFERENCES events.event(tenant_id, id) ON DELETE CASCADE,
  constraint seat_mark_mark_check CHECK ((mark = ANY (ARRAY['killed'::text, 'house'::text])))
);
alter table events.seat_mark enable row level security;
alter table events.seat_mark force row level security;
create policy tenant_wall on events.seat_mark for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on events.seat_mark to holdfast_app;

create table events.section (
  tenant_id uuid not null,
  venue_id uuid not null,
  no integer not null,
  name text not null,
  kind text not null,
  capacity integer not null,
  layout jsonb,
  plan jsonb,
  constraint section_pkey PRIMARY KEY (tenant_id, venue_id, no),
  constraint section_name_unique UNIQUE (tenant_id, venue_id, name),
  constraint section_tenant_id_venue_id_fkey FOREIGN KEY (tenant_id, venue_id) REFERENCES events.venue(tenant_id, id) ON DELETE CASCADE,
  constraint section_capacity_check CHECK ((capacity >= 1)),
  constraint section_kind_check CHECK ((kind = ANY (ARRAY['seated'::text, 'standing'::text]))),
  constraint section_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint section_no_check CHECK (((no >= 1) AND (no <= 200))),
  constraint section_plan_of_rows CHECK (((plan IS NULL) OR (layout IS NOT NULL))),
  constraint section_rows_with_seats CHECK (((kind = 'seated'::text) = (layout IS NOT NULL)))
);
alter table events.section enable row level security;
alter table events.section force row level security;
create policy tenant_wall on events.section for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select on events.section to holdfast_app;

create table events.ticket (
  tenant_id uuid not null,
  booking_id uuid not null,
  line_no integer not null,
  place_id uuid not null,
  version integer not null default 1,
  first_name text,
  last_name text,
  email text,
  undone_at timestamp with time zone,
  constraint ticket_pkey PRIMARY KEY (tenant_id, booking_id, line_no, place_id),
  constraint ticket_tenant_id_booking_id_line_no_fkey FOREIGN KEY (tenant_id, booking_id, line_no) REFERENCES engine.booking_line(tenant_id, booking_id, line_no),
  constraint ticket_email_check CHECK (((length(email) >= 3) AND (length(email) <= 320))),
  constraint ticket_first_name_check CHECK (((length(first_name) >= 1) AND (length(first_name) <= 200))),
  constraint ticket_holder_whole CHECK ((num_nulls(first_name, last_name, email) = ANY (ARRAY[0, 3]))),
  constraint ticket_last_name_check CHECK (((length(last_name) >= 1) AND (length(last_name) <= 200))),
  constraint ticket_version_check CHECK (((version >= 1) AND (version <= 65535)))
);
CREATE INDEX ticket_by_place ON events.ticket USING btree (tenant_id, place_id) WHERE (email IS NOT NULL);
alter table events.ticket enable row level security;
alter table events.ticket force row level security;
create policy tenant_wall on events.ticket for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant insert, select, update on events.ticket to holdfast_app;

create table events.ticket_key (
  tenant_id uuid not null,
  id text not null,
  public_key bytea not null,
  sealed_key bytea not null,
  state text not null,
  created_at timestamp with time zone not null,
  constraint ticket_key_pkey PRIMARY KEY (tenant_id, id),
  constraint ticket_key_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id),
  constraint ticket_key_id_check CHECK ((id ~ '^[0-9a-f]{16}$'::text)),
  constraint ticket_key_public_key_check CHECK ((octet_length(public_key) = 32)),
  constraint ticket_key_state_check CHECK ((state = ANY (ARRAY['signing'::text, 'accepted'::text, 'withdrawn'::text])))
);
CREATE UNIQUE INDEX ticket_key_one_signs ON events.ticket_key USING btree (tenant_id) WHERE (state = 'signing'::text);
alter table events.ticket_key enable row level security;
alter table events.ticket_key force row level security;
create policy tenant_wall on events.ticket_key for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant insert, select, update on events.ticket_key to holdfast_app;

create table events.tier (
  tenant_id uuid not null,
  event_id uuid not null,
  name text not null,
  no integer not null,
  id uuid not null,
  amount_minor bigint not null,
  sections text[],
  capacity integer,
  group_name text,
  sale_from timestamp with time zone,
  sale_to timestamp with time zone,
  max_per_order integer,
  hidden boolean not null default false,
  code_digests text[] not null default '{}'::text[],
  constraint tier_pkey PRIMARY KEY (tenant_id, event_id, name),
  constraint tier_tenant_id_event_id_fkey FOREIGN KEY (tenant_id, event_id) REFERENCES events.event(tenant_id, id) ON DELETE CASCADE,
  constraint tier_tenant_id_event_id_group_name_fkey FOREIGN KEY (tenant_id, event_id, group_name) REFERENCES events.tier_group(tenant_id, event_id, name) ON DELETE CASCADE,
  constraint tier_amount_minor_check CHECK ((amount_minor >= 0)),
  constraint tier_capacity_check CHECK ((capacity >= 0)),
  constraint tier_hidden_behind_codes CHECK ((hidden = (cardinality(code_digests) > 0))),
  constraint tier_max_per_order_check CHECK ((max_per_order >= 1)),
  constraint tier_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint tier_no_check CHECK ((no >= 1)),
  constraint tier_sale_ends_after_start CHECK ((sale_from < sale_to)),
  constraint tier_sections_check CHECK ((cardinality(sections) >= 1))
);
alter table events.tier enable row level security;
alter table events.tier force row level security;
create policy tenant_wall on events.tier for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on events.tier to holdfast_app;

create table events.tier_group (
  tenant_id uuid not null,
  event_id uuid not null,
  name text not null,
  no integer not null,
  id uuid not null,
  capacity integer not null,
  constraint tier_group_pkey PRIMARY KEY (tenant_id, event_id, name),
  constraint tier_group_tenant_id_event_id_fkey FOREIGN KEY (tenant_id, event_id) REFERENCES events.event(tenant_id, id) ON DELETE CASCADE,
  constraint tier_group_capacity_check CHECK ((capacity >= 0)),
  constraint tier_group_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint tier_group_no_check CHECK ((no >= 1))
);
alter table events.tier_group enable row level security;
alter table events.tier_group force row level security;
create policy tenant_wall on events.tier_group for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on events.tier_group to holdfast_app;

create table events.venue (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  timezone text not null,
  archived_at timestamp with time zone,
  version integer not null default 1,
  created_at timestamp with time zone not null,
  constraint venue_pkey PRIMARY KEY (tenant_id, id),
  constraint venue_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id),
  constraint venue_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);
CREATE INDEX venue_by_age ON events.venue USING btree (tenant_id, created_at, id);
CREATE INDEX venue_by_name ON events.venue USING btree (tenant_id, name, id);
alter table events.venue enable row level security;
alter table events.venue force row level security;
create policy tenant_wall on events.venue for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on events.venue to holdfast_app;

create table people.api_key (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  role text not null,
  secret_hash bytea not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  client_id uuid,
  constraint api_key_pkey PRIMARY KEY (tenant_id, id),
  constraint api_key_client_fkey FOREIGN KEY (tenant_id, client_id) REFERENCES people.client(tenant_id, id),
  constraint api_key_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id),
  constraint api_key_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint api_key_of_client CHECK (((client_id IS NULL) OR (role = 'client'::text))),
  constraint api_key_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'staff'::text, 'client'::text]))),
  constraint api_key_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);
alter table people.api_key enable row level security;
alter table people.api_key force row level security;
create policy tenant_wall on people.api_key for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant insert, select, update on people.api_key to holdfast_app;

create table people.client (
  tenant_id uuid not null,
  id uuid not null,
  first_name text not null,
  last_name text not null,
  email text not null,
  phone text,
  tags text[] not null default '{}'::text[],
  email_key text not null,
  first_key text not null,
  last_key text not null,
  archived_at timestamp with time zone,
  created_by text not null,
  version integer not null default 1,
  created_at timestamp with time zone not null,
  constraint client_pkey PRIMARY KEY (tenant_id, id),
  constraint client_email_unique UNIQUE (tenant_id, email_key),
  constraint client_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id),
  constraint client_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
  constraint client_first_name_check CHECK (((length(first_name) >= 1) AND (length(first_name) <= 100))),
  constraint client_last_name_check CHECK (((length(last_name) >= 1) AND (length(last_name) <= 100))),
  constraint client_phone_check CHECK ((length(phone) <= 50))
);
CREATE INDEX client_by_age ON people.client USING btree (tenant_id, created_at, id);
CREATE INDEX client_by_first_name ON people.client USING btree (tenant_id, first_key);
CREATE INDEX client_by_last_name ON people.client USING btree (tenant_id, last_key, id);
alter table people.client enable row level security;
alter table people.client force row level security;
create policy tenant_wall on people.client for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on people.client to holdfast_app;

create table people.tenant (
  tenant_id uuid not null,
  slug text not null,
  name text not null,
  timezone text not null,
  currency text not null,
  created_at timestamp with time zone not null,
  constraint tenant_pkey PRIMARY KEY (tenant_id),
  constraint tenant_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint tenant_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint tenant_slug_check CHECK ((slug ~ '^[a-z0-9](-?[a-z0-9]){1,39}$'::text))
);
alter table people.tenant enable row level security;
alter table people.tenant force row level security;
create policy tenant_wall on people.tenant for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant insert, select, update on people.tenant to holdfast_app;

create table people.tenant_slug (
  slug text not null,
  tenant_id uuid not null,
  constraint tenant_slug_pkey PRIMARY KEY (slug),
  constraint tenant_slug_tenant_id_key UNIQUE (tenant_id)
);
grant insert, select on people.tenant_slug to holdfast_app;
grant select on people.tenant_slug to holdfast_worker;

create table platform.migration (
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null,
  constraint migration_pkey PRIMARY KEY (name)
);
grant select on platform.migration to holdfast_worker;

create table rooms.blackout (
  tenant_id uuid not null,
  id uuid not null,
  room_id uuid not null,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  reason text,
  created_at timestamp with time zone not null,
  constraint blackout_pkey PRIMARY KEY (tenant_id, id),
  constraint blackout_tenant_id_room_id_fkey FOREIGN KEY (tenant_id, room_id) REFERENCES rooms.room(tenant_id, id) ON DELETE CASCADE,
  constraint blackout_not_empty CHECK ((starts_at < ends_at)),
  constraint blackout_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 200)))
);
CREATE INDEX blackout_by_start ON rooms.blackout USING btree (tenant_id, room_id, starts_at, id);
alter table rooms.blackout enable row level security;
alter table rooms.blackout force row level security;
create policy tenant_wall on rooms.blackout for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select on rooms.blackout to holdfast_app;

create table rooms.building (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  created_at timestamp with time zone not null,
  constraint building_pkey PRIMARY KEY (tenant_id, id),
  constraint building_name_unique UNIQUE (tenant_id, name),
  constraint building_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id),
  constraint building_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);
alter table rooms.building enable row level security;
alter table rooms.building force row level security;
create policy tenant_wall on rooms.building for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on rooms.building to holdfast_app;

create table rooms.feed (
  tenant_id uuid not null,
  room_id uuid not null,
  token_hash bytea not null,
  created_at timestamp with time zone not null,
  constraint feed_pkey PRIMARY KEY (tenant_id, room_id),
  constraint feed_tenant_id_room_id_fkey FOREIGN KEY (tenant_id, room_id) REFERENCES rooms.room(tenant_id, id) ON DELETE CASCADE,
  constraint feed_token_hash_check CHECK ((octet_length(token_hash) = 32))
);
alter table rooms.feed enable row level security;
alter table rooms.feed force row level security;
create policy tenant_wall on rooms.feed for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on rooms.feed to holdfast_app;

create table rooms.feed_shown (
  tenant_id uuid not null,
  room_id uuid not null,
  booking_id uuid not null,
  line_no integer not null,
  starts_at timestamp with time zone not null,
  ends_at timestamp with time zone not null,
  constraint feed_shown_pkey PRIMARY KEY (tenant_id, room_id, booking_id, line_no),
  constraint feed_shown_tenant_id_booking_id_line_no_fkey FOREIGN KEY (tenant_id, booking_id, line_no) REFERENCES engine.booking_line(tenant_id, booking_id, line_no) ON DELETE CASCADE,
  constraint feed_shown_tenant_id_room_id_fkey FOREIGN KEY (tenant_id, room_id) REFERENCES rooms.feed(tenant_id, room_id) ON DELETE CASCADE
);
alter table rooms.feed_shown enable row level security;
alter table rooms.feed_shown force row level security;
create policy tenant_wall on rooms.feed_shown for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on rooms.feed_shown to holdfast_app;

create table rooms.room (
  tenant_id uuid not null,
  id uuid not null,
  building_id uuid not null,
  name text not null,
  floor text,
  capacity integer not null,
  equipment text[] not null default '{}'::text[],
  archived_at timestamp with time zone,
  version integer not null default 1,
  created_at timestamp with time zone not null,
  timezone text,
  opening_hours jsonb,
  rules jsonb not null default '{}'::jsonb,
  check_in_minutes integer default ((rules ->> 'checkInMinutes'::text))::integer,
  constraint room_pkey PRIMARY KEY (tenant_id, id),
  constraint room_name_unique UNIQUE (tenant_id, building_id, name),
  constraint room_tenant_id_building_id_fkey FOREIGN KEY (tenant_id, building_id) REFERENCES rooms.building(tenant_id, id),
  constraint room_capacity_check CHECK ((capacity >= 0)),
  constraint room_floor_check CHECK ((length(floor) <= 50)),
  constraint room_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint room_opening_hours_check CHECK ((jsonb_typeof(opening_hours) = 'object'::text)),
  constraint room_rules_check CHECK ((jsonb_typeof(rules) = 'object'::text))
);
CREATE INDEX room_by_age ON rooms.room USING btree (tenant_id, created_at, id);
CREATE INDEX room_by_capacity ON rooms.room USING btree (tenant_id, capacity, id);
CREATE INDEX room_by_name ON rooms.room USING btree (tenant_id, name, id);
CREATE INDEX room_with_check_in ON rooms.room USING btree (tenant_id, id) WHERE (check_in_minutes IS NOT NULL);
alter table rooms.room enable row level security;
alter table rooms.room force row level security;
create policy tenant_wall on rooms.room for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
create policy worker_reads on rooms.room for select to holdfast_worker
  using (true);
grant delete, insert, select, update on rooms.room to holdfast_app;
grant select on rooms.room to holdfast_worker;

create table rooms.term (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  starts_on date not null,
  ends_on date not null,
  holidays date[] not null default '{}'::date[],
  version integer not null default 1,
  created_at timestamp with time zone not null,
  constraint term_pkey PRIMARY KEY (tenant_id, id),
  constraint term_name_unique UNIQUE (tenant_id, name),
  constraint term_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id),
  constraint term_holidays_check CHECK ((cardinality(holidays) <= 366)),
  constraint term_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint term_not_backwards CHECK ((starts_on <= ends_on))
);
CREATE INDEX term_by_start ON rooms.term USING btree (tenant_id, starts_on, id);
alter table rooms.term enable row level security;
alter table rooms.term force row level security;
create policy tenant_wall on rooms.term for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on rooms.term to holdfast_app;

create table sales.discount_code (
  tenant_id uuid not null,
  id uuid not null,
  code text not null,
  percent integer,
  amount_minor bigint,
  valid_from timestamp with time zone,
  valid_to timestamp with time zone,
  max_uses integer,
  max_uses_per_client integer,
  min_order_minor bigint not null default 0,
  kinds text[],
  event_ids uuid[],
  tiers text[],
  archived_at timestamp with time zone,
  version integer not null default 1,
  created_at timestamp with time zone not null,
  constraint discount_code_pkey PRIMARY KEY (tenant_id, id),
  constraint discount_code_unique UNIQUE (tenant_id, code),
  constraint discount_code_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES people.tenant(tenant_id),
  constraint discount_code_amount_minor_check CHECK ((amount_minor >= 1)),
  constraint discount_code_code_check CHECK (((length(code) >= 1) AND (length(code) <= 200))),
  constraint discount_code_max_uses_check CHECK ((max_uses >= 1)),
  constraint discount_code_max_uses_per_client_check CHECK ((max_uses_per_client >= 1)),
  constraint discount_code_min_order_minor_check CHECK ((min_order_minor >= 0)),
  constraint discount_code_percent_check CHECK (((percent >= 1) AND (percent <= 100))),
  constraint discount_is_percent_or_amount CHECK ((num_nonnulls(percent, amount_minor) = 1)),
  constraint discount_valid_to_after_from CHECK ((valid_from < valid_to))
);
CREATE INDEX discount_code_by_age ON sales.discount_code USING btree (tenant_id, created_at, id);
alter table sales.discount_code enable row level security;
alter table sales.discount_code force row level security;
create policy tenant_wall on sales.discount_code for all to public
  using ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid))
  with check ((tenant_id = (NULLIF(current_setting('holdfast.tenant'::text, true), ''::text))::uuid));
grant delete, insert, select, update on sales.discount_code to holdfast_app;
