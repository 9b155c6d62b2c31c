import { iso, type Instant } from './clock.ts';

/** JSON that stands around what is written, as bytes that are copied. */
export function around(json: string): Uint8Array {
  return Buffer.from(json);
}

/** A time with what stands around it. Times come again and again, on the hour and the half hour: each is written out once. */
export function aroundTime(before: string, after: string): (at: Instant) => Uint8Array {
  const made = new Map<Instant, Uint8Array>();
  return (at) => {
    let bytes = made.get(at);
    if (bytes === undefined) made.set(at, (bytes = around(before + iso(at) + after)));
    return bytes;
  };
}

/**
 * JSON written as the bytes that are sent. For answers of tens of thousands of small parts: as text, a week of 1 000 rooms
 * is made of 60 000 strings, joined, encoded and collected, which took twice as long as finding it.
 */
export class JsonBytes {
  #bytes: Buffer;
  #length = 0;

  constructor(about: number) {
    this.#bytes = Buffer.allocUnsafe(about);
  }

  /** What was written so far; writing on leaves it as it is. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  put(piece: Uint8Array): void {
    const { length } = piece;
    this.#reserve(length);
    const [bytes, at] = [this.#bytes, this.#length];
    if (length > FEW) bytes.set(piece, at);
    else for (let i = 0; i < length; i++) bytes[at + i] = piece[i] as number;
    this.#length += length;
  }

  /** A few characters of ASCII, without the call that `text` takes. */
  ascii(short: string): void {
    const { length } = short;
    this.#reserve(length);
    const [bytes, at] = [this.#bytes, this.#length];
    for (let i = 0; i < length; i++) bytes[at + i] = short.charCodeAt(i);
    this.#length += length;
  }

  text(json: string): void {
    this.#reserve(json.length * MOST_BYTES);
    this.#length += this.#bytes.write(json, this.#length);
  }

  /** An id from its 16 bytes. */
  uuid(from: Uint8Array, at: number): void {
    this.#reserve(UUID_LENGTH);
    const bytes = this.#bytes;
    let to = this.#length;
    for (let i = 0; i < 16; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) bytes[to++] = DASH;
      const byte = from[at + i] as number;
      bytes[to++] = DIGITS[byte >> 4] as number;
      bytes[to++] = DIGITS[byte & 15] as number;
    }
    this.#length = to;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#length + more));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}

/** A call costs more than copying so many bytes one by one. */
const FEW = 24;
/** Of one UTF-16 unit in UTF-8. */
const MOST_BYTES = 3;
const UUID_LENGTH = 36;
const DASH = 45;
const DIGITS = around('0123456789abcdef');
