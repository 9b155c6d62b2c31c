-- What a sale may cost less: discount codes. Their uses are engine.stock, taken and given back with the bookings.

create schema sales;
grant usage on schema sales to holdfast_app;

create table sales.discount_code (
  tenant_id uuid not null references people.tenant,
  id uuid not null, -- follows from the code, so that it is found without a look-up; its row in engine.stock counts the uses
  code text not null check (length(code) between 1 and 200), -- as it is compared: NFC, upper case
  percent int check (percent between 1 and 100),
  amount_minor bigint check (amount_minor >= 1), -- off the whole order
  valid_from timestamptz,
  valid_to timestamptz,
  max_uses int check (max_uses >= 1),
  max_uses_per_client int check (max_uses_per_client >= 1),
  min_order_minor bigint not null default 0 check (min_order_minor >= 0),
  -- What it is for; null: everything that has a price.
  kinds text[],
  event_ids uuid[],
  tiers text[], -- sections or price categories
  archived_at timestamptz,
  version int not null default 1,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  constraint discount_code_unique unique (tenant_id, code),
  constraint discount_is_percent_or_amount check (num_nonnulls(percent, amount_minor) = 1),
  constraint discount_valid_to_after_from check (valid_from < valid_to)
);
create index discount_code_by_age on sales.discount_code (tenant_id, created_at, id);

alter table sales.discount_code enable row level security;
alter table sales.discount_code force row level security;
create policy tenant_wall on sales.discount_code
  using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid);
grant select, insert, update, delete on sales.discount_code to holdfast_app;
