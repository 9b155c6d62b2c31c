-- Terms, the secret addresses of rooms' calendars and what they have shown, and rooms in which people check in.

-- A period of classes; `holidays` are the dates in it on which there are none.
create table rooms.term (
  tenant_id uuid not null references people.tenant,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  starts_on date not null,
  ends_on date not null,
  holidays date[] not null default '{}' check (cardinality(holidays) <= 366),
  version int not null default 1,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint term_name_unique unique (tenant_id, name),
  constraint term_not_backwards check (starts_on <= ends_on)
);
create index term_by_start on rooms.term (tenant_id, starts_on, id);

-- The one secret address under which a room's calendar is read. Of the token only the SHA-256 is kept.
create table rooms.feed (
  tenant_id uuid not null,
  room_id uuid not null,
  token_hash bytea not null check (octet_length(token_hash) = 32),
  created_at timestamptz not null,
  primary key (tenant_id, room_id),
  foreign key (tenant_id, room_id) references rooms.room on delete cascade
);

-- What a calendar has shown, as it was shown last: a line that is gone claims nothing any more, so nothing else leads from
-- the room to it, and whoever subscribed must be told that it was cancelled.
create table rooms.feed_shown (
  tenant_id uuid not null,
  room_id uuid not null,
  booking_id uuid not null,
  line_no int not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  primary key (tenant_id, room_id, booking_id, line_no),
  foreign key (tenant_id, room_id) references rooms.feed on delete cascade,
  foreign key (tenant_id, booking_id, line_no) references engine.booking_line on delete cascade
);

-- Rooms whose bookings lapse when nobody checks in. A column of its own, since PostgreSQL takes an expression over jsonb
-- for one that is never null, and reads the whole table. The worker sees which companies have any.
alter table rooms.room add column check_in_minutes int generated always as ((rules->>'checkInMinutes')::int) stored;
create index room_with_check_in on rooms.room (tenant_id, id) where check_in_minutes is not null;
grant usage on schema rooms to holdfast_worker;
grant select on rooms.room to holdfast_worker;
create policy worker_reads on rooms.room for select to holdfast_worker using (true);

do $$
declare t text;
begin
  foreach t in array array['term', 'feed', 'feed_shown'] loop
    execute format('alter table rooms.%I enable row level security', t);
    execute format('alter table rooms.%I force row level security', t);
    execute format($p$create policy tenant_wall on rooms.%I
      using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)$p$, t);
  end loop;
end $$;
grant select, insert, update, delete on rooms.term, rooms.feed, rooms.feed_shown to holdfast_app;
