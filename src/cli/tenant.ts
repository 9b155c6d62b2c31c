import type { Config } from '../config.ts';
import { createTenant, type NewTenant } from '../people/tenant.ts';
import { withDatabase } from './reach.ts';

export async function createTenantCommand(config: Config, asked: NewTenant): Promise<number> {
  const tenant = await withDatabase(config, ({ db }) => createTenant(db, asked));
  console.log(`Created the tenant ${tenant.slug} (${tenant.timezone}, ${tenant.currency}).`);
  console.error(`Next: npx holdfast key create --tenant ${tenant.slug} --role admin`);
  return 0;
}
