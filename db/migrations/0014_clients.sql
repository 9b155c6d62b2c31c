-- Clients: the people a company knows, one row for each of them; whom bookings are for, and whose keys these are.

create table people.client (
  tenant_id uuid not null references people.tenant,
  id uuid not null,
  first_name text not null check (length(first_name) between 1 and 100),
  last_name text not null check (length(last_name) between 1 and 100),
  email text not null check (length(email) between 3 and 254), -- as it was given
  phone text check (length(phone) <= 50),
  tags text[] not null default '{}',
  -- What is searched for and compared, made by the program: lower case, and sorted by bytes, since under row-level
  -- security only a plain comparison of a column can ride an index.
  email_key text collate "C" not null,
  first_key text collate "C" not null,
  last_key text collate "C" not null,
  archived_at timestamptz,
  created_by text not null, -- the principal that entered it, or that booked for somebody new
  version int not null default 1,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint client_email_unique unique (tenant_id, email_key)
);
create index client_by_last_name on people.client (tenant_id, last_key, id);
create index client_by_first_name on people.client (tenant_id, first_key);
create index client_by_age on people.client (tenant_id, created_at, id);

alter table people.client enable row level security;
alter table people.client force row level security;
create policy tenant_wall on people.client
  using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid);
grant select, insert, update, delete on people.client to holdfast_app;

-- Whose key it is: it books for this client and for nobody else.
alter table people.api_key add column client_id uuid;
alter table people.api_key add constraint api_key_client_fkey
  foreign key (tenant_id, client_id) references people.client;
alter table people.api_key add constraint api_key_of_client check (client_id is null or role = 'client');

-- A booking without a client, as most of a rush are, pays nothing for this: a null is not looked up, and not indexed.
alter table engine.booking add constraint booking_client_fkey
  foreign key (tenant_id, client_id) references people.client;
create index booking_by_client on engine.booking (tenant_id, client_id, id) where client_id is not null;

-- What a booking as a whole takes, such as a place among its client's open holds, stands on one of its lines and stays
-- when that line is cancelled or moved.
alter table engine.stock_claim drop constraint stock_claim_until_check;
alter table engine.stock_claim add constraint stock_claim_until_check
  check (until in ('end', 'confirm', 'bookingEnd', 'bookingConfirm'));
