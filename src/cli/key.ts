import type { Config } from '../config.ts';
import { createKey, type KeyRole } from '../people/key.ts';
import { findTenant } from '../people/tenant.ts';
import { Refusal } from '../platform/refusal.ts';
import { withDatabase } from './reach.ts';

export interface NewKey {
  tenant: string;
  role: KeyRole;
  name: string;
}

/** Prints the key alone, so that `KEY=$(npx holdfast key create ...)` works; it cannot be shown a second time. */
export async function createKeyCommand(
  config: Config,
  { tenant: slug, role, name }: NewKey,
): Promise<number> {
  const key = await withDatabase(config, async ({ db }) => {
    const tenant = await findTenant(db, slug);
    if (tenant === undefined)
      throw new Refusal(`There is no tenant "${slug}". Create it with "npx holdfast tenant create ${slug}".`);
    return createKey(db, tenant.id, { role, name });
  });
  console.log(key);
  return 0;
}
