-- Tickets. A ticket follows from the confirmed booking whose place it is for, so there is no table of tickets: what is kept
-- here is what a booking cannot know, and it counts only while the booking still has the place.

-- Keys that sign tickets: one at a time, and those before it are accepted until they are withdrawn.
create table events.ticket_key (
  tenant_id uuid not null references people.tenant,
  id text not null check (id ~ '^[0-9a-f]{16}$'), -- the first half is the same in all keys of a company
  public_key bytea not null check (octet_length(public_key) = 32),
  sealed_key bytea not null, -- the private half, under the server's secret
  state text not null check (state in ('signing', 'accepted', 'withdrawn')),
  created_at timestamptz not null,
  primary key (tenant_id, id)
);
create unique index ticket_key_one_signs on events.ticket_key (tenant_id) where state = 'signing';

-- What happened to single tickets: given to somebody else, let out again.
create table events.ticket (
  tenant_id uuid not null,
  booking_id uuid not null,
  line_no int not null,
  place_id uuid not null, -- the seat, or the section with the number of the place in the line
  version int not null default 1 check (version between 1 and 65535), -- tokens of an older one are void
  first_name text check (length(first_name) between 1 and 200),
  last_name text check (length(last_name) between 1 and 200),
  email text check (length(email) between 3 and 320),
  undone_at timestamptz, -- scans up to then do not count
  primary key (tenant_id, booking_id, line_no, place_id),
  foreign key (tenant_id, booking_id, line_no) references engine.booking_line,
  constraint ticket_holder_whole check (num_nulls(first_name, last_name, email) in (0, 3))
);

-- Scans of good tickets. The one that counts is the earliest that was not undone; that there is only one is a promise of
-- the database, and no two servers can let the same ticket in.
create table events.scan (
  tenant_id uuid not null,
  booking_id uuid not null,
  line_no int not null,
  place_id uuid not null,
  scanned_at timestamptz not null, -- by the clock of the device, where it was offline
  device text not null check (length(device) <= 100), -- '' where none was named
  entrance text not null check (length(entrance) <= 100), -- '' where none was named
  outcome text not null check (outcome in ('counted', 'duplicate', 'undone')),
  scanned_by text not null,
  received_at timestamptz not null,
  primary key (tenant_id, booking_id, line_no, place_id, scanned_at, device, entrance),
  foreign key (tenant_id, booking_id, line_no) references engine.booking_line
);
create unique index scan_lets_in_once on events.scan (tenant_id, booking_id, line_no, place_id) where outcome = 'counted';
create index scan_by_place on events.scan (tenant_id, place_id) where scanned_at > '-infinity';

-- Who is let in where, and whether tickets may be given away; an event without a row lets everybody in everywhere.
create table events.entry_rule (
  tenant_id uuid not null,
  event_id uuid not null,
  entrances jsonb not null, -- [{"name": "North", "sections": ["Floor"], "categories": []}, ...]
  transfer text not null check (transfer in ('allowed', 'forbidden')),
  primary key (tenant_id, event_id),
  foreign key (tenant_id, event_id) references events.event on delete cascade
);

do $$
declare t text;
begin
  foreach t in array array['ticket_key', 'ticket', 'scan', 'entry_rule'] loop
    execute format('alter table events.%I enable row level security', t);
    execute format('alter table events.%I force row level security', t);
    execute format($p$create policy tenant_wall on events.%I
      using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
      with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)$p$, t);
  end loop;
end $$;
grant select, insert, update on events.ticket_key, events.ticket, events.scan, events.entry_rule to holdfast_app;
