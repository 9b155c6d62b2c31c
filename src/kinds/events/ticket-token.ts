import { sign, verify, type KeyObject } from 'node:crypto';
import type { Uuid } from '../../platform/id.ts';

/**
 * What the QR code of a ticket says: 109 bytes as base64url, 146 characters. docs/events.md describes the format for
 * those who write scanners: whoever changes it makes a new first byte.
 *
 *     0  format, 1        1  key (8)         9  booking (16)     25  line (2)
 *    27  place (16)      43  version (2)    45  Ed25519 signature of all that (64)
 */
export interface TicketClaim {
  /** Which key signed it, 16 hexadecimal digits. */
  keyId: string;
  bookingId: Uuid;
  lineNo: number;
  placeId: Uuid;
  version: number;
}

const FORMAT = 1;
const [KEY, BOOKING, LINE, PLACE, VERSION, SIGNATURE] = [1, 9, 25, 27, 43, 45] as const;
const WHOLE = 109;
const TOKEN_LENGTH = 146;

/** A token as it was read, and whether a key signed it. */
export interface ReadToken extends TicketClaim {
  isSignedBy(publicKey: KeyObject): boolean;
}

export function writeToken(claim: TicketClaim, privateKey: KeyObject): string {
  const body = Buffer.alloc(SIGNATURE);
  body[0] = FORMAT;
  body.write(claim.keyId, KEY, 'hex');
  body.write(digits(claim.bookingId), BOOKING, 'hex');
  body.writeUInt16BE(claim.lineNo, LINE);
  body.write(digits(claim.placeId), PLACE, 'hex');
  body.writeUInt16BE(claim.version, VERSION);
  return Buffer.concat([body, sign(null, body, privateKey)]).toString('base64url');
}

/** Undefined for a text that is no token of this format, however long it is. */
export function readToken(text: string): ReadToken | undefined {
  if (text.length !== TOKEN_LENGTH) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  // base64url is read leniently: only the one spelling that we write is a token.
  if (bytes.length !== WHOLE || bytes[0] !== FORMAT || bytes.toString('base64url') !== text) return undefined;
  return {
    keyId: bytes.toString('hex', KEY, BOOKING),
    bookingId: uuidAt(bytes, BOOKING),
    lineNo: bytes.readUInt16BE(LINE),
    placeId: uuidAt(bytes, PLACE),
    version: bytes.readUInt16BE(VERSION),
    isSignedBy: (publicKey) =>
      verify(null, bytes.subarray(0, SIGNATURE), publicKey, bytes.subarray(SIGNATURE)),
  };
}

function digits(id: Uuid): string {
  return id.replaceAll('-', '');
}

function uuidAt(bytes: Buffer, at: number): Uuid {
  const hex = bytes.toString('hex', at, at + 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
