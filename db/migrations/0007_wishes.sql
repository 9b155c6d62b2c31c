-- Requests that wait for approval: they lapse when their time begins, and competing ones hold nothing but wishes.

-- A request carries the start of its first line as its expiry, so that what makes a hold expire makes it lapse.
alter table engine.booking drop constraint booking_expiry_with_hold;
alter table engine.booking add constraint booking_expiry_with_hold check (
  (expires_at is null or state in ('held', 'paying', 'requested'))
  and (expires_at is not null or state not in ('held', 'paying')));
alter table engine.booking drop constraint booking_approval_check;
alter table engine.booking add constraint booking_approval_check
  check (approval in ('none', 'exclusive', 'competing'));

-- The inbox of those who approve. Confirming was no HOT update before it either: expires_at has an index.
create index booking_requested on engine.booking (tenant_id, id) where state = 'requested';

-- What a competing request would claim if it were approved: shaped like claims, but in nobody's way. A line that
-- wishes for several things numbers them.
create table engine.wish (
  tenant_id uuid not null,
  booking_id uuid not null,
  line_no int not null,
  no int not null check (no >= 1),
  calendar_id uuid,
  starts_at timestamptz,
  ends_at timestamptz,
  stock_id uuid,
  bucket date,
  units int check (units > 0),
  cap int check (cap >= 0), -- makes it a limit, called by `rule`
  rule text,
  stays boolean not null, -- it goes on waiting when another booking gets its time; otherwise it is declined
  primary key (tenant_id, booking_id, line_no, no),
  foreign key (tenant_id, booking_id, line_no) references engine.booking_line on delete cascade,
  foreign key (tenant_id, calendar_id) references engine.calendar,
  constraint wish_is_time_or_units check (
    (num_nonnulls(calendar_id, starts_at, ends_at) = 3 and num_nonnulls(stock_id, bucket, units, cap, rule) = 0)
    or (num_nonnulls(calendar_id, starts_at, ends_at) = 0 and num_nonnulls(stock_id, bucket, units) = 3)),
  constraint wish_has_length check (starts_at < ends_at and isfinite(starts_at) and isfinite(ends_at))
);
create index wish_by_calendar on engine.wish (tenant_id, calendar_id, ends_at) where ends_at > '-infinity';

alter table engine.wish enable row level security;
alter table engine.wish force row level security;
create policy tenant_wall on engine.wish
  using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid);
grant select, insert, delete on engine.wish to holdfast_app;
