import type { Config } from '../config.ts';
import { findClient } from '../people/client.ts';
import { createKey, keyIdIn, revokeKey, type KeyRole } from '../people/key.ts';
import { findTenant } from '../people/tenant.ts';
import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { Refusal } from '../platform/refusal.ts';
import { isUuid } from '../platform/schema.ts';
import { withDatabase } from './reach.ts';

export interface NewKeyOptions {
  tenant: string;
  role: KeyRole;
  name: string;
  /** The id of the client whose key it is. */
  client?: string;
}

/** Prints the key alone, so that `KEY=$(npx holdfast key create ...)` works; it cannot be shown a second time. */
export async function createKeyCommand(
  config: Config,
  { tenant: slug, role, name, client: clientId }: NewKeyOptions,
): Promise<number> {
  if (clientId !== undefined && role !== 'client')
    throw new Refusal('Only a key with --role client can be the key of a --client.');
  const key = await withDatabase(config, async ({ db }) => {
    const tenant = await tenantOf(db, slug);
    if (clientId !== undefined && (!isUuid(clientId) || !(await findClient(db, tenant, clientId))))
      throw new Refusal(`The tenant "${slug}" has no client ${clientId}. GET /clients lists them.`);
    return createKey(db, tenant, { role, name, clientId: clientId ?? null });
  });
  console.log(key);
  return 0;
}

/** Ends a key for good; to do so a second time is no mistake. */
export async function revokeKeyCommand(
  config: Config,
  named: string,
  { tenant: slug }: { tenant: string },
): Promise<number> {
  const id = keyIdIn(named);
  if (id === undefined)
    throw new Refusal(
      'That is no key. Give the part before its secret: hf_ and 32 digits, up to the second underscore.',
    );
  await withDatabase(config, async ({ db }) => {
    if (!(await revokeKey(db, await tenantOf(db, slug), id, 'command line')))
      throw new Refusal(`The tenant "${slug}" has no such key.`);
  });
  console.log('Revoked. Every server refuses it as soon as it hears of it, and within 5 s in any case.');
  return 0;
}

async function tenantOf(db: Database, slug: string): Promise<Uuid> {
  const tenant = await findTenant(db, slug);
  if (tenant === undefined)
    throw new Refusal(`There is no tenant "${slug}". Create it with "npx holdfast tenant create ${slug}".`);
  return tenant.id;
}
