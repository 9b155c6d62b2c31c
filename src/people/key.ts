import { hash, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Stopwatch } from '../platform/clock.ts';
import type { Database } from '../platform/db.ts';
import { newSecret, uuidV7, type Uuid } from '../platform/id.ts';
import type { Role } from './access.ts';
import { endKey, insertKey, liveKey, renewSecret } from './queries.ts';

/**
 * API keys, printed as `hf_<id>_<secret>`: the id finds the row, of the secret only the SHA-256 is kept. It has 256
 * random bits, so it needs no slow hash.
 */
const PRINTED = /^hf_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

export type KeyRole = Exclude<Role, 'public'>;

export interface NewKey {
  role: KeyRole;
  name: string;
  /** Whose key it is; only with the role `client`. */
  clientId?: Uuid | null;
}

/** Makes a key and returns it as printed: the only moment it can be seen. */
export async function createKey(
  db: Database,
  tenant: Uuid,
  { name, role, clientId = null }: NewKey,
): Promise<string> {
  const id = uuidV7();
  const secret = newSecret();
  await db.inTenant(tenant, (tx) => tx.run(insertKey, id, name, role, sha256(secret), clientId));
  return printed(id, secret);
}

/**
 * A key for a program that runs again and again, as printed: the key of this name and role with a new secret (the one
 * before ends within 5 s), or a new key. It stays the same principal, so the idempotency keys of earlier runs hold.
 */
export async function renewKey(
  db: Database,
  tenant: Uuid,
  key: { role: KeyRole; name: string },
): Promise<string> {
  const secret = newSecret();
  const [renewed] = await db.inTenant(tenant, (tx) =>
    tx.run(renewSecret, key.name, key.role, sha256(secret)),
  );
  return renewed === undefined ? createKey(db, tenant, key) : printed(renewed.id, secret);
}

function printed(id: Uuid, secret: string): string {
  return `hf_${id.replaceAll('-', '')}_${secret}`;
}

/** Ends a key; every process stops accepting it within 5 s. False when the tenant has no such key. */
export async function revokeKey(db: Database, tenant: Uuid, id: Uuid): Promise<boolean> {
  return (await db.inTenant(tenant, (tx) => tx.run(endKey, id))).length > 0;
}

export interface VerifiedKey {
  id: Uuid;
  role: KeyRole;
  clientId: Uuid | null;
}

export interface Keys {
  /** The key that was presented, if it is a live one of this tenant; anything else is undefined. */
  verify(tenant: Uuid, presented: string): Promise<VerifiedKey | undefined>;
}

/**
 * Two seconds less than the 5 s promised for a revocation: the row may have been read one before it is kept, and what was
 * let in is not examined again for another (http/asked-again.ts).
 */
const CHECKED = { max: 10_000, ttl: 3_000, ttlResolution: 0 };

export function cachedKeys(db: Database, perf: Stopwatch = performance): Keys {
  // Wrong keys are remembered too: repeating one costs no query. What is kept is a hash, never a usable key.
  const checked = new LRUCache<string, { key: VerifiedKey | undefined }, { tenant: Uuid; presented: string }>(
    {
      ...CHECKED,
      perf,
      fetchMethod: async (_, __, { context }) => ({
        key: await check(db, context.tenant, context.presented),
      }),
    },
  );
  return {
    verify: async (tenant, presented) => {
      if (!PRINTED.test(presented)) return undefined;
      const name = `${tenant} ${hash('sha256', presented, 'base64')}`;
      const known = checked.get(name) ?? (await checked.fetch(name, { context: { tenant, presented } }));
      return known?.key;
    },
  };
}

async function check(db: Database, tenant: Uuid, presented: string): Promise<VerifiedKey | undefined> {
  const [, hex = '', secret = ''] = PRINTED.exec(presented) ?? [];
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const [row] = await db.read(tenant, liveKey, id);
  if (row === undefined || !timingSafeEqual(row.secretHash, sha256(secret))) return undefined;
  return { id, role: row.role as KeyRole, clientId: row.clientId }; // a CHECK allows no other word
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
