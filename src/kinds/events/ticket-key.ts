import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { recordChange } from '../../engine/change.ts';
import { iso } from '../../platform/clock.ts';
import type { Database, Transaction } from '../../platform/db.ts';
import { notFound, Problem } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import type { Vault } from '../../platform/vault.ts';
import * as sql from './ticket-queries.ts';
import type { TicketKeys } from './ticket-schema.ts';

/** What every raw Ed25519 public key has before it in its standard form (SPKI, RFC 8410). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const MARK_DIGITS = 8;
const KEY_DIGITS = 16;

export interface SigningKey {
  id: string;
  privateKey: KeyObject;
}

/**
 * What the ids of all keys of a company begin with, so that a ticket of another company can be told from a forged one:
 * the first 4 bytes of the SHA-256 of its id.
 */
export function companyMark(tenant: Uuid): string {
  return createHash('sha256').update(tenant).digest('hex').slice(0, MARK_DIGITS);
}

/** Opened private keys: one costs some microseconds to open and 1 KB to keep. */
const opened = new LRUCache<string, SigningKey>({ max: 1_000 });

/** The key that signs tickets now; the first one is made when it is first needed. */
export async function signingKey(db: Database, vault: Vault, tenant: Uuid): Promise<SigningKey> {
  const [row] = await db.read(tenant, sql.signingKey);
  const { id, sealedKey } = row ?? (await db.inTenant(tenant, (tx) => firstKey(tx, vault)));
  const cacheKey = `${tenant} ${id} ${sealedKey.toString('base64')}`;
  const known = opened.get(cacheKey);
  if (known !== undefined) return known;
  const der = vault.open(sealedKey, labelOf(tenant, id));
  const key = { id, privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
  opened.set(cacheKey, key);
  return key;
}

async function firstKey(tx: Transaction, vault: Vault): Promise<{ id: string; sealedKey: Buffer }> {
  await tx.run(sql.lockTenant);
  const [made] = await tx.run(sql.signingKey);
  return made ?? makeKey(tx, vault, 'holdfast');
}

/** Makes a new key that signs from now on; tickets that the earlier ones signed stay good. */
export async function rotateKeys(tx: Transaction, vault: Vault, actor: string): Promise<TicketKeys> {
  await tx.run(sql.lockTenant);
  await tx.run(sql.retireKey);
  await makeKey(tx, vault, actor);
  return publicKeys(await tx.run(sql.keys));
}

/** What was signed with this key is no longer accepted. Throws `wrong_state` for the one that signs. */
export async function withdrawKey(tx: Transaction, actor: string, id: string): Promise<void> {
  await tx.run(sql.lockTenant);
  const key = (await tx.run(sql.keys)).find((each) => each.id === id);
  if (key === undefined || key.state === 'withdrawn') throw notFound('key');
  if (key.state === 'signing')
    throw new Problem(
      'wrong_state',
      'This key signs tickets now. Make a new key first, then withdraw this one.',
    );
  await tx.run(sql.withdrawKey, id);
  await recordChange(tx, { type: 'ticketKey.withdrawn', resourceIds: [], actor, payload: { keyId: id } });
}

/** The public halves of the keys that are accepted, as a JSON Web Key Set (RFC 7517, RFC 8037). */
export function publicKeys(rows: readonly KeyRow[]): TicketKeys {
  return {
    keys: rows
      .filter(({ state }) => state !== 'withdrawn')
      .map(({ id, publicKey, state, createdAt }) => ({
        ...{ kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA', kid: id },
        x: publicKey.toString('base64url'),
        signs: state === 'signing',
        createdAt: iso(createdAt),
      })),
  };
}

type KeyRow = { id: string; publicKey: Buffer; state: string; createdAt: number };

/** The keys by which a token is accepted, by their ids. */
export function acceptedKeys(rows: readonly KeyRow[]): ReadonlyMap<string, KeyObject> {
  const accepted = rows.filter(({ state }) => state !== 'withdrawn');
  return new Map(
    accepted.map(({ id, publicKey }) => [
      id,
      createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' }),
    ]),
  );
}

async function makeKey(
  tx: Transaction,
  vault: Vault,
  actor: string,
): Promise<{ id: string; sealedKey: Buffer }> {
  const pair = generateKeyPairSync('ed25519');
  const id = companyMark(tx.tenant) + randomBytes((KEY_DIGITS - MARK_DIGITS) / 2).toString('hex');
  const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI.length);
  const plain = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
  const sealedKey = vault.seal(plain, labelOf(tx.tenant, id));
  await tx.run(sql.insertKey, id, publicKey, sealedKey);
  await recordChange(tx, { type: 'ticketKey.created', resourceIds: [], actor, payload: { keyId: id } });
  return { id, sealedKey };
}

function labelOf(tenant: Uuid, keyId: string): string {
  return `ticket key ${keyId} of ${tenant}`;
}
