-- Capacity, bookings, claims, guards, idempotency and the change feed. docs/engine.md tells how they work together.

-- On indexes: while a table has no statistics, any index that starts with tenant_id looks as good to PostgreSQL as any
-- other, for look-ups by id and for the checks of foreign keys too, and on a young table that choice is kept for the
-- life of a connection: 256 inserts took 300 ms. So each index besides the primary key has a WHERE that is always true
-- and that only the statements meant for it spell out.

-- The row that is locked before an interval of its resource is taken.
create table engine.calendar (
  tenant_id uuid not null references people.tenant,
  resource_id uuid not null,
  waiting int not null default 0 check (waiting >= 0),
  primary key (tenant_id, resource_id)
);

-- Counted units: one row per bucket (a night; '-infinity' where a resource has only one bucket).
-- The CHECK is the promise: no statement of any program can sell more than there is.
create table engine.stock (
  tenant_id uuid not null references people.tenant,
  resource_id uuid not null,
  bucket date not null default '-infinity',
  capacity int not null check (capacity >= 0),
  overbook int not null default 0 check (overbook >= 0),
  taken int not null default 0,
  waiting int not null default 0 check (waiting >= 0),
  primary key (tenant_id, resource_id, bucket),
  constraint stock_never_oversold check (taken between 0 and capacity + overbook)
) with (fillfactor = 70); -- leaves room for HOT updates of `taken`

create table engine.booking (
  tenant_id uuid not null references people.tenant,
  id uuid not null,
  reference text not null,
  state text not null check (state in
    ('held', 'paying', 'requested', 'confirmed', 'completed', 'noShow', 'expired', 'cancelled', 'declined')),
  expires_at timestamptz,
  hold_seconds int not null check (hold_seconds between 1 and 3600), -- how long it was given; a renewal gets no more
  approval text not null default 'none' check (approval in ('none', 'exclusive')), -- confirming asks for it
  checked_in_at timestamptz,
  client_id uuid,
  note text check (length(note) <= 2000),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  total_minor bigint not null check (total_minor between 0 and 9007199254740991),
  version int not null default 1,
  created_at timestamptz not null,
  created_by text not null, -- the principal, e.g. 'key:<id>'
  primary key (tenant_id, id),
  constraint booking_expiry_with_hold check ((state in ('held', 'paying')) = (expires_at is not null))
) with (fillfactor = 80);
-- Lists run along the primary key: ids are in order of time.
create unique index booking_reference_unique on engine.booking (tenant_id, reference) where reference <> '';
create index booking_due on engine.booking (expires_at) where expires_at > '-infinity'; -- the sweeper's, over all tenants

-- What was asked, kept for ever.
create table engine.booking_line (
  tenant_id uuid not null,
  booking_id uuid not null,
  line_no int not null check (line_no >= 1),
  kind text not null,
  details jsonb not null,
  quantity int not null check (quantity >= 1),
  unit_minor bigint not null check (unit_minor >= 0),
  tax_minor bigint not null default 0 check (tax_minor >= 0),
  total_minor bigint not null check (total_minor >= 0),
  checked_in_at timestamptz,
  cancelled_at timestamptz, -- a cancelled line claims nothing and counts for nothing
  primary key (tenant_id, booking_id, line_no),
  foreign key (tenant_id, booking_id) references engine.booking on delete cascade
);

-- A claim stands exactly while it holds capacity; a hold's claims carry its expiry, confirming nulls it.
create table engine.interval_claim (
  tenant_id uuid not null,
  resource_id uuid not null,
  booking_id uuid not null,
  line_no int not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  expires_at timestamptz,
  primary key (tenant_id, booking_id, line_no, resource_id, starts_at),
  foreign key (tenant_id, booking_id, line_no) references engine.booking_line on delete cascade,
  foreign key (tenant_id, resource_id) references engine.calendar,
  check (starts_at < ends_at and isfinite(starts_at) and isfinite(ends_at)),
  constraint interval_never_shared exclude using gist
    (tenant_id with =, resource_id with =, tstzrange(starts_at, ends_at) with &&) where (starts_at > '-infinity')
);
-- Availability under row-level security: range operators are not leakproof, so they cannot be index conditions.
create index interval_claim_by_end on engine.interval_claim (tenant_id, resource_id, ends_at) where ends_at > '-infinity';
create index interval_claim_due on engine.interval_claim (expires_at) where expires_at > '-infinity'; -- the sweeper's

create table engine.stock_claim (
  tenant_id uuid not null,
  resource_id uuid not null,
  bucket date not null,
  booking_id uuid not null,
  line_no int not null,
  units int not null check (units > 0),
  expires_at timestamptz,
  until text not null default 'end' check (until in ('end', 'confirm')), -- a cap on open holds comes back on confirm
  primary key (tenant_id, booking_id, line_no, resource_id, bucket),
  foreign key (tenant_id, booking_id, line_no) references engine.booking_line on delete cascade,
  foreign key (tenant_id, resource_id, bucket) references engine.stock
);
create index stock_claim_by_stock on engine.stock_claim (tenant_id, resource_id, bucket, expires_at) where units > 0;
create index stock_claim_due on engine.stock_claim (expires_at) where expires_at > '-infinity'; -- the sweeper's

-- Tables that grow by thousands of rows a second: statistics must not wait for a tenth of them to be new.
alter table engine.booking set (autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.05);
alter table engine.booking_line set (autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.05);
alter table engine.interval_claim set (autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.05);
alter table engine.stock_claim set (autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.05);

-- The version of a catalogue entry that sales rely on: cached entries are sold from only while it still matches.
create table engine.guard (
  tenant_id uuid not null references people.tenant,
  guard_id uuid not null,
  version int not null default 1,
  primary key (tenant_id, guard_id)
);

create table engine.idempotency (
  tenant_id uuid not null references people.tenant,
  principal text not null,
  route text not null,
  key text not null check (length(key) between 1 and 255),
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  status int not null check (status between 200 and 299),
  body text not null,
  at timestamptz not null,
  primary key (tenant_id, principal, route, key)
);

create index idempotency_by_age on engine.idempotency (tenant_id, at) where at > '-infinity';

-- Gives each tenant's changes their gapless numbers in commit order; always the last lock of a transaction.
create table engine.tenant_clock (
  tenant_id uuid not null primary key references people.tenant,
  seq bigint not null default 0 check (seq >= 0),
  kept_from bigint not null default 1
) with (fillfactor = 50);

create table engine.change (
  tenant_id uuid not null references people.tenant,
  seq bigint not null,
  at timestamptz not null,
  type text not null,
  booking_id uuid,
  resource_ids uuid[] not null,
  actor text not null,
  payload jsonb not null,
  primary key (tenant_id, seq)
);
-- How far each reader of the changes has come, per tenant.
create table engine.feed_position (
  tenant_id uuid not null references people.tenant,
  reader text not null check (length(reader) between 1 and 60),
  seq bigint not null check (seq >= 0),
  primary key (tenant_id, reader)
) with (fillfactor = 50);
create index change_of_booking on engine.change (tenant_id, booking_id, seq) where booking_id is not null;

do $$
declare t text;
begin
  foreach t in array array['calendar', 'stock', 'booking', 'booking_line', 'interval_claim', 'stock_claim',
                           'guard', 'idempotency', 'tenant_clock', 'change', 'feed_position'] loop
    execute format('alter table engine.%I enable row level security', t);
    execute format('alter table engine.%I force row level security', t);
    execute format($p$create policy tenant_wall on engine.%I
      using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)$p$, t);
  end loop;
end $$;

-- Only what the engine needs: bookings and lines never vanish, changes are appended and, past retention, dropped.
grant select, insert, update, delete on engine.calendar, engine.stock, engine.guard to holdfast_app;
grant select, insert, update on engine.booking, engine.booking_line, engine.tenant_clock to holdfast_app;
grant select, insert, update on engine.feed_position to holdfast_app;
grant select, insert, delete on engine.change to holdfast_app;
grant select, insert, update, delete on engine.interval_claim, engine.stock_claim to holdfast_app;
grant select, insert, delete on engine.idempotency to holdfast_app;

-- The worker sees what is due and what is unread, over all tenants, and nothing else.
grant select on engine.booking, engine.interval_claim, engine.stock_claim, engine.tenant_clock, engine.feed_position
  to holdfast_worker;
create policy worker_reads on engine.tenant_clock for select to holdfast_worker using (true);
create policy worker_reads on engine.feed_position for select to holdfast_worker using (true);
create policy worker_reads on engine.booking for select to holdfast_worker using (true);
create policy worker_reads on engine.interval_claim for select to holdfast_worker using (true);
create policy worker_reads on engine.stock_claim for select to holdfast_worker using (true);
