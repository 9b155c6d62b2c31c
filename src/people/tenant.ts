import { LRUCache } from 'lru-cache';
import type { Stopwatch } from '../platform/clock.ts';
import type { Database } from '../platform/db.ts';
import { Problem, ruleViolated } from '../platform/errors.ts';
import { DatabaseFault } from '../platform/fault.ts';
import { uuidV7 } from '../platform/id.ts';
import { isTimezone } from '../platform/schema.ts';
import type { Tenant } from './access.ts';
import { insertClock, insertSlug, insertTenant, tenantById, tenantIdBySlug } from './queries.ts';

export interface NewTenant {
  slug: string;
  /** The slug when not given. */
  name?: string;
  /** UTC when not given. */
  timezone?: string;
  /** EUR when not given. */
  currency?: string;
}

/**
 * Creates a company. Throws `rule_violated` for a slug, time zone or currency that cannot be, and `already_exists`
 * when the slug is taken.
 */
export async function createTenant(db: Database, asked: NewTenant): Promise<Tenant> {
  const { slug, name = slug, timezone = 'UTC', currency = 'EUR' } = asked;
  requireSlug(slug);
  if (name.trim() === '' || name.length > 200)
    throw ruleViolated('/name', 'invalid_text', 'The name must have 1 to 200 characters.');
  if (!isTimezone(timezone)) throw ruleViolated('/timezone', 'unknown_timezone');
  if (!CURRENCIES.has(currency))
    throw ruleViolated('/currency', 'invalid_value', 'The currency must be an ISO 4217 code, such as EUR.');

  const tenant = { id: uuidV7(), slug, name, timezone, currency };
  try {
    await db.inTenant(tenant.id, async (tx) => {
      await Promise.all([
        tx.run(insertSlug, slug), // first: of two that want one slug, the second waits here
        tx.run(insertTenant, slug, name, timezone, currency),
        tx.run(insertClock),
      ]);
    });
  } catch (error) {
    if (error instanceof DatabaseFault && error.constraint === 'tenant_slug_pkey')
      throw new Problem('already_exists', `There is already a tenant "${slug}". Choose another slug.`);
    throw error;
  }
  return tenant;
}

/** A tenant by its slug, past every cache. */
export async function findTenant(db: Database, slug: string): Promise<Tenant | undefined> {
  if (!isSlug(slug)) return undefined;
  const [found] = await db.asWorker((reads) => reads.run(tenantIdBySlug, slug));
  if (found === undefined) return undefined;
  const [tenant] = await db.read(found.id, tenantById);
  return tenant;
}

/** Tenants by slug for the request path. A change shows within 30 s, a new tenant within 1 s of asking for it in vain. */
export interface Tenants {
  bySlug(slug: string): Promise<Tenant | undefined>;
}

const KNOWN = { max: 10_000, ttl: 30_000, ttlResolution: 0 };
const UNKNOWN = { max: 10_000, ttl: 1_000, ttlResolution: 0 }; // on its own, so that guessing slugs cannot push out the real ones

export function cachedTenants(db: Database, perf: Stopwatch = performance): Tenants {
  const unknown = new LRUCache<string, true>({ ...UNKNOWN, perf });
  // fetch() loads a slug once however many ask at the same moment; a failed load is not kept.
  const known = new LRUCache<string, Tenant>({
    ...KNOWN,
    perf,
    fetchMethod: async (slug) => {
      const tenant = await findTenant(db, slug);
      if (tenant === undefined) unknown.set(slug, true);
      return tenant;
    },
  });
  return {
    bySlug: async (slug) =>
      known.get(slug) ?? (unknown.has(slug) || !isSlug(slug) ? undefined : known.fetch(slug)),
  };
}

/** Words that stand, or may one day stand, where a tenant's slug would. */
const RESERVED = new Set(
  'admin api app assets auth docs errors health help live login metrics openapi public ready realtime static status support system www'.split(
    ' ',
  ),
);
const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

function isSlug(text: string): boolean {
  return /^[a-z0-9](?:-?[a-z0-9]){1,39}$/.test(text);
}

function requireSlug(slug: string): void {
  if (!isSlug(slug))
    throw ruleViolated(
      '/slug',
      'invalid_text',
      'A slug has 2 to 40 lower-case letters and digits, with single hyphens between them.',
    );
  if (RESERVED.has(slug))
    throw ruleViolated('/slug', 'invalid_value', `The slug "${slug}" is reserved. Choose another.`);
}
