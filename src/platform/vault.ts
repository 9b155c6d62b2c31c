import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { unavailable } from './errors.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Keeps private keys in the database so that nobody can use them who has only the database. */
export interface Vault {
  /** `label` says whose key it is: sealed under one label it does not open under another. Throws `unavailable` without a secret. */
  seal(plain: Buffer, label: string): Buffer;
  /** Throws `unavailable` when there is no secret, or it was sealed under another. */
  open(sealed: Buffer, label: string): Buffer;
}

/** A vault under the server's secret (`HOLDFAST_SECRET`); without one it says what is to be done. */
export function openVault(secret: string | undefined): Vault {
  const key = secret === undefined ? undefined : keyFrom(secret);
  return {
    seal: (plain, label) => seal(key ?? noSecret(), plain, label),
    open: (sealed, label) => open(key ?? noSecret(), sealed, label),
  };
}

function keyFrom(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'holdfast vault 1', 32));
}

function seal(key: Buffer, plain: Buffer, label: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(label));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

function open(key: Buffer, sealed: Buffer, label: string): Buffer {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(label))
      .setAuthTag(tag);
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    throw unavailable(
      'The private key was kept under another HOLDFAST_SECRET. Start the server with that one, or make a new key.',
    );
  }
}

function noSecret(): never {
  throw unavailable('Private keys cannot be kept: start the server with HOLDFAST_SECRET set.');
}
