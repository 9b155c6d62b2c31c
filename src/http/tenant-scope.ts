import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { clientPrincipal } from '../engine/booking.ts';
import { can, type Actor, type Permission, type Tenant } from '../people/access.ts';
import { cachedKeys, type KeyCache, type Keys } from '../people/key.ts';
import type { App } from '../people/route.ts';
import { cachedTenants } from '../people/tenant.ts';
import type { Database } from '../platform/db.ts';
import { malformed, notFound, Problem } from '../platform/errors.ts';

/**
 * What holds for every route below `/api/v1/:tenant`: the tenant exists, the actor is known, and may do what the
 * route says. All of it before a byte of the body is read.
 */
export function guardTenantScope(app: App, db: Database, keyCache: KeyCache): void {
  const tenants = cachedTenants(db);
  const keys = cachedKeys(db, keyCache);
  app.addHook('onRoute', requireDeclarations);
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('cache-control', 'no-store');
    const { tenant: slug } = request.params as { tenant: string };
    const tenant = await tenants.bySlug(slug);
    if (tenant === undefined) throw notFound('company');
    request.actor = await authenticate(keys, tenant, request, reply);
    authorise(request.actor, request.routeOptions.config.permission, reply);
    if (request.method === 'POST') request.idempotencyKey = readIdempotencyKey(request);
  });
}

/** Refuses to start with a route that does not say who may call it, what it takes and what it answers. */
function requireDeclarations({ url, method, schema, config }: RouteOptions): void {
  const takesBody = ['POST', 'PUT', 'PATCH'].includes(String(method));
  const missing = [
    config?.permission === undefined && 'config.permission',
    schema?.operationId === undefined && 'schema.operationId',
    schema?.summary === undefined && 'schema.summary',
    schema?.response === undefined && 'schema.response',
    takesBody && schema?.body === undefined && 'schema.body',
  ].filter((word) => word !== false);
  if (missing.length > 0) throw new Error(`The route ${String(method)} ${url} lacks ${missing.join(', ')}.`);
}

async function authenticate(
  keys: Keys,
  tenant: Tenant,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Actor> {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    request.isStillLetIn = () => true;
    return { tenant, principal: 'public', role: 'public', clientId: null };
  }
  const presented = /^Bearer +(\S{1,200})$/i.exec(authorization)?.[1];
  const key = presented === undefined ? undefined : await keys.verify(tenant.id, presented);
  if (key === undefined || presented === undefined) {
    void reply.header('www-authenticate', 'Bearer realm="holdfast", error="invalid_token"');
    throw new Problem(
      'unauthenticated',
      'This is not a valid API key of this tenant. Send one that is, or none.',
    );
  }
  request.isStillLetIn = keys.watch(tenant.id, presented);
  const { id, role, clientId } = key;
  const principal = clientId === null ? `key:${id}` : clientPrincipal(clientId);
  return { tenant, principal, role, clientId };
}

function authorise({ role }: Actor, permission: Permission | undefined, reply: FastifyReply): void {
  if (permission !== undefined && can(role, permission)) return;
  if (role === 'public') {
    void reply.header('www-authenticate', 'Bearer realm="holdfast"');
    throw new Problem('unauthenticated', 'Send an API key: Authorization: Bearer hf_...');
  }
  throw new Problem(
    'forbidden',
    `A key with the role "${role}" may not do this. Use a key with another role.`,
  );
}

/** A string of RFC 8941, or the same bare as most clients send it. Sent twice, Node joins the two with a comma and a space. */
const IDEMPOTENCY_KEY = /^(?:"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255}))$/;

function readIdempotencyKey({ headers }: FastifyRequest): string | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined) return undefined;
  const [, quoted, bare] = IDEMPOTENCY_KEY.exec(String(header)) ?? [];
  const key = quoted ?? bare;
  if (key === undefined) throw malformed('Idempotency-Key', 'invalid_idempotency_key');
  return key;
}
