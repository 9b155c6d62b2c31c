import { randomBytes, randomFillSync } from 'node:crypto';

/** A UUID as lower-case text, the only form in which ids travel through the program. */
export type Uuid = string;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'; // Crockford base 32: no I, L, O, U to misread

// Random bytes are drawn in blocks: one system call for 256 ids instead of one for each.
const pool = Buffer.alloc(4096);
let used = pool.length;

function takeRandom(count: number): number {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return used - count;
}

// Many ids are made in one millisecond; writing it in hexadecimal is half of the work.
let last = { at: NaN, text: '' };

function timeText(at: number): string {
  if (at !== last.at) {
    const hex = at.toString(16).padStart(12, '0');
    last = { at, text: `${hex.slice(0, 8)}-${hex.slice(8)}` };
  }
  return last.text;
}

/** UUID v7 (RFC 9562): 48 bits of milliseconds, then 74 random bits; ids of one moment cluster in an index. */
export function uuidV7(at: number = Date.now()): Uuid {
  const o = takeRandom(10);
  const hex = (i: number) => HEX[pool[o + i] as number] as string;
  const version = HEX[0x70 | ((pool[o] as number) & 0x0f)] as string;
  const variant = HEX[0x80 | ((pool[o + 2] as number) & 0x3f)] as string;
  return `${timeText(at)}-${version}${hex(1)}-${variant}${hex(3)}-${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`;
}

/** A booking's public reference: 13 Crockford characters = 65 random bits, so it cannot be guessed. */
export function newReference(): string {
  const o = takeRandom(13);
  let text = '';
  for (let i = 0; i < 13; i++) text += ALPHABET[(pool[o + i] as number) & 31];
  return text;
}

/** `bytes` random bytes as URL-safe text, for secrets: drawn on their own, never from the shared block. */
export function newSecret(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}
