import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKey } from '../../people/key.ts';
import { createTenant, findTenant } from '../../people/tenant.ts';
import type { Database } from '../../platform/db.ts';
import { DEMO_TIMEZONE } from './demo.ts';

export const DEMO_SLUG = 'demo';

/**
 * The demo tenant, made when it is not there, and a key to it. The database keeps only a hash of the key, so the key
 * itself is kept beside the embedded database, for its owner's eyes only, and every start can show it.
 */
export async function openDemoTenant(db: Database, dataDir: string | undefined): Promise<string> {
  const kept = await keptDemoKey(dataDir);
  if (kept !== undefined) return kept;
  const tenant =
    (await findTenant(db, DEMO_SLUG)) ??
    (await createTenant(db, { slug: DEMO_SLUG, name: 'Demo University', timezone: DEMO_TIMEZONE }));
  const key = await createKey(db, tenant.id, { role: 'admin', name: 'demo' });
  if (dataDir !== undefined) await writeFile(keyFile(dataDir), `${key}\n`, { mode: 0o600 });
  return key;
}

/** The key of the demo tenant that an earlier start or `holdfast seed` made here. */
export async function keptDemoKey(dataDir: string | undefined): Promise<string | undefined> {
  if (dataDir === undefined) return undefined;
  const text = await readFile(keyFile(dataDir), 'utf8').catch(() => '');
  return text.trim() || undefined;
}

function keyFile(dataDir: string): string {
  return join(dataDir, 'demo-key');
}
