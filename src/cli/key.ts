import type { Config } from '../config.ts';
import { findClient } from '../people/client.ts';
import { createKey, type KeyRole } from '../people/key.ts';
import { findTenant } from '../people/tenant.ts';
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
    const tenant = await findTenant(db, slug);
    if (tenant === undefined)
      throw new Refusal(`There is no tenant "${slug}". Create it with "npx holdfast tenant create ${slug}".`);
    if (clientId !== undefined && (!isUuid(clientId) || !(await findClient(db, tenant.id, clientId))))
      throw new Refusal(`The tenant "${slug}" has no client ${clientId}. GET /clients lists them.`);
    return createKey(db, tenant.id, { role, name, clientId: clientId ?? null });
  });
  console.log(key);
  return 0;
}
