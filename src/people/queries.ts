import { statement } from '../platform/statement.ts';

/** Over all tenants: the one look-up that happens before a tenant is known. Rides tenant_slug_pkey. */
export const tenantIdBySlug = statement('worker.tenantIdBySlug', {
  params: ['text'],
  columns: { id: 'uuid' },
  text: 'select tenant_id as id from people.tenant_slug where slug = $1',
});

export const tenantById = statement('people.tenantById', {
  params: ['uuid'],
  columns: { id: 'uuid', slug: 'text', name: 'text', timezone: 'text', currency: 'text' },
  text: 'select tenant_id as id, slug, name, timezone, currency from people.tenant where tenant_id = $1',
});

export const insertTenant = statement('people.insertTenant', {
  params: ['uuid', 'text', 'text', 'text', 'text'],
  columns: {},
  text: `insert into people.tenant (tenant_id, slug, name, timezone, currency, created_at)
    values ($1, $2, $3, $4, $5, now())`,
});

export const insertSlug = statement('people.insertSlug', {
  params: ['uuid', 'text'],
  columns: {},
  text: 'insert into people.tenant_slug (tenant_id, slug) values ($1, $2)',
});

export const insertClock = statement('people.insertClock', {
  params: ['uuid'],
  columns: {},
  text: 'insert into engine.tenant_clock (tenant_id) values ($1)',
});

export const insertKey = statement('people.insertKey', {
  params: ['uuid', 'uuid', 'text', 'text', 'bytea', 'uuid'],
  columns: {},
  text: `insert into people.api_key (tenant_id, id, name, role, secret_hash, client_id, created_at)
    values ($1, $2, $3, $4, $5, $6, now())`,
});

/** A key that may be used now. Rides api_key_pkey. */
export const liveKey = statement('people.liveKey', {
  params: ['uuid', 'uuid'],
  columns: { role: 'text', secretHash: 'bytea', clientId: 'uuid?' },
  text: `select role, secret_hash as "secretHash", client_id as "clientId" from people.api_key
    where tenant_id = $1 and id = $2 and revoked_at is null and (expires_at is null or expires_at > now())`,
});

/** Gives the oldest live key of this name and role a new secret. */
export const renewSecret = statement('people.renewSecret', {
  params: ['uuid', 'text', 'text', 'bytea'],
  columns: { id: 'uuid' },
  text: `update people.api_key set secret_hash = $4
    where tenant_id = $1 and id = (
      select id from people.api_key
      where tenant_id = $1 and name = $2 and role = $3 and revoked_at is null and expires_at is null
      order by created_at, id limit 1)
    returning id`,
});

export const endKey = statement('people.endKey', {
  params: ['uuid', 'uuid'],
  columns: { id: 'uuid' },
  text: `update people.api_key set revoked_at = coalesce(revoked_at, now())
    where tenant_id = $1 and id = $2 returning id`,
});
