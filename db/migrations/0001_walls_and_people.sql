-- Roles, the tenant wall, tenants and their API keys.
-- For operators: creates the roles holdfast_app (serves; sees one tenant at a time) and holdfast_worker (reads
-- over all tenants, a few tables only). Roles belong to the whole cluster, so another Holdfast database may have
-- made them already. Needs a role that may create roles and the trusted extension btree_gist.

create extension if not exists btree_gist;

do $$
declare r text;
begin
  foreach r in array array['holdfast_app', 'holdfast_worker'] loop
    if not exists (select from pg_roles where rolname = r) then
      execute format('create role %I nologin nosuperuser nobypassrls nocreaterole nocreatedb noinherit', r);
    end if;
  end loop;
end $$;

create schema engine;
create schema people;
grant usage on schema engine, people to holdfast_app, holdfast_worker;

-- The tenant of the running transaction. A plain SET would leak to the next client of a pooled connection, and
-- set_config() never reaches the shards of a distributed database; SET LOCAL does neither wrong.
create function engine.set_tenant(tenant uuid) returns text language plpgsql as $$
begin
  execute format('set local holdfast.tenant = %L', tenant);
  return tenant::text;
end $$;

create table people.tenant (
  tenant_id uuid not null primary key,
  slug text not null check (slug ~ '^[a-z0-9](-?[a-z0-9]){1,39}$'),
  name text not null check (length(name) between 1 and 200),
  timezone text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz not null
);
alter table people.tenant enable row level security;
alter table people.tenant force row level security;
create policy tenant_wall on people.tenant
  using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid);
grant select, insert, update on people.tenant to holdfast_app;

-- From the slug in a URL to the tenant: the one table that is looked up before a tenant is known, so it stands
-- outside the walls and says nothing but this. No foreign key: it stays on the coordinator of a distributed database.
create table people.tenant_slug (
  slug text not null primary key,
  tenant_id uuid not null unique
);
grant select, insert on people.tenant_slug to holdfast_app;
grant select on people.tenant_slug to holdfast_worker;

create table people.api_key (
  tenant_id uuid not null references people.tenant,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  role text not null check (role in ('owner', 'admin', 'staff', 'client')),
  secret_hash bytea not null check (octet_length(secret_hash) = 32), -- SHA-256 of 256 random bits
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  primary key (tenant_id, id)
);
alter table people.api_key enable row level security;
alter table people.api_key force row level security;
create policy tenant_wall on people.api_key
  using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid)
  with check (tenant_id = nullif(current_setting('holdfast.tenant', true), '')::uuid);
grant select, insert, update on people.api_key to holdfast_app;
