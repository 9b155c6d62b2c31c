import { hash, timingSafeEqual } from 'node:crypto';
import { recordChange } from '../engine/change.ts';
import type { Area, Cache } from '../platform/cache/cache.ts';
import { resourceTag } from '../platform/cache/tags.ts';
import type { Database } from '../platform/db.ts';
import { newSecret, uuidV7, type Uuid } from '../platform/id.ts';
import type { Role } from './access.ts';
import { endKey, insertKey, liveKey, renewSecret } from './queries.ts';

/**
 * API keys, printed as `hf_<id>_<secret>`: the id finds the row, of the secret only the SHA-256 is kept. It has 256
 * random bits, so it needs no slow hash.
 */
const PRINTED = /^hf_([0-9a-f]{32})_[A-Za-z0-9_-]{43}$/;
const SECRET_CHARACTERS = 43;

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
 * before ends as if it were revoked), or a new key. It stays the same principal, so the idempotency keys of earlier runs hold.
 */
export async function renewKey(
  db: Database,
  tenant: Uuid,
  key: { role: KeyRole; name: string },
): Promise<string> {
  const secret = newSecret();
  const renewed = await db.inTenant(tenant, async (tx) => {
    const [row] = await tx.run(renewSecret, key.name, key.role, sha256(secret));
    if (row !== undefined)
      await recordChange(tx, { type: 'key.renewed', resourceIds: [row.id], actor: `key:${row.id}` });
    return row;
  });
  return renewed === undefined ? createKey(db, tenant, key) : printed(renewed.id, secret);
}

function printed(id: Uuid, secret: string): string {
  return `hf_${id.replaceAll('-', '')}_${secret}`;
}

/**
 * Ends a key; every process stops accepting it as soon as the change has told it so, and within 5 s in any case. False when
 * the tenant has no such key.
 */
export function revokeKey(db: Database, tenant: Uuid, id: Uuid, actor: string): Promise<boolean> {
  return db.inTenant(tenant, async (tx) => {
    const [ended] = await tx.run(endKey, id);
    if (ended === undefined) return false;
    await recordChange(tx, { type: 'key.revoked', resourceIds: [id], actor });
    return true;
  });
}

export interface VerifiedKey {
  id: Uuid;
  role: KeyRole;
  clientId: Uuid | null;
}

export interface Keys {
  /** The key that was presented, if it is a live one of this tenant; anything else is undefined. */
  verify(tenant: Uuid, presented: string): Promise<VerifiedKey | undefined>;
  /** A look, which can be repeated, whether what was presented is still known to be a live key, without asking anybody. */
  watch(tenant: Uuid, presented: string): () => boolean;
}

/** Wrong keys are remembered too: repeating one costs no query. */
export interface Checked {
  key: VerifiedKey | undefined;
}
export type KeyCache = Cache<Checked>;

/**
 * Two seconds less than the 5 s promised for a revocation that no change tells of: the row may have been read one before it
 * is kept, and what was let in is not examined again for another (http/asked-again.ts).
 */
const KEYS: Area = { name: 'keys', liveMs: 3_000, staleIfErrorMs: 0 };
const CHECKED_BYTES = 200;
export const KEY_BOUNDS = { entries: 10_000, bytes: 10_000 * 1_024 };

/** What is kept is a hash, never a usable key. */
export function cachedKeys(db: Pick<Database, 'read'>, cache: KeyCache): Keys {
  return {
    verify: async (tenant, presented) => {
      const id = idOf(presented);
      if (id === undefined) return undefined;
      const found = await cache.get({
        area: KEYS,
        tenant,
        key: hash('sha256', presented, 'base64'),
        madeOf: [resourceTag(id)],
        load: async () => ({ value: { key: await check(db, tenant, id, presented) }, bytes: CHECKED_BYTES }),
      });
      return found.value.key;
    },
    watch: (tenant, presented) => {
      const look = cache.at(KEYS, tenant, hash('sha256', presented, 'base64'));
      return () => look()?.key !== undefined;
    },
  };
}

function idOf(presented: string): Uuid | undefined {
  const [, hex] = PRINTED.exec(presented) ?? [];
  return hex?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The id of a key that is named by the part before its secret, `hf_<32 digits>`, or by the whole of it. */
export function keyIdIn(text: string): Uuid | undefined {
  return idOf(text) ?? idOf(`${text}_${'0'.repeat(SECRET_CHARACTERS)}`);
}

async function check(
  db: Pick<Database, 'read'>,
  tenant: Uuid,
  id: Uuid,
  presented: string,
): Promise<VerifiedKey | undefined> {
  const secret = presented.slice(-SECRET_CHARACTERS);
  const [row] = await db.read(tenant, liveKey, id);
  if (row === undefined || !timingSafeEqual(row.secretHash, sha256(secret))) return undefined;
  return { id, role: row.role as KeyRole, clientId: row.clientId }; // a CHECK allows no other word
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
