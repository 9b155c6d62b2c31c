import { promisify } from 'node:util';
import { constants, crc32, zstdCompress, zstdDecompress } from 'node:zlib';

/** A text, and how far the changes were known when it was begun. */
export interface Packed {
  position: number;
  text: string;
}

const TO_COMPRESS_BYTES = 1_024;
/** Whoever can write to Redis could send something that unpacks to more than there is memory. */
const MOST_BYTES = 16 * 1_024 * 1_024;
const CHECKSUM_BYTES = 4;
const POSITION_BYTES = 8;
/** Checksum, position, and one byte that says whether what follows is compressed. */
const HEAD_BYTES = CHECKSUM_BYTES + POSITION_BYTES + 1;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export async function pack({ position, text }: Packed): Promise<Buffer> {
  const plain = Buffer.from(text);
  const isLarge = plain.length >= TO_COMPRESS_BYTES;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeDoubleBE(position, CHECKSUM_BYTES);
  head[HEAD_BYTES - 1] = isLarge ? 1 : 0;
  const body = isLarge
    ? await compress(plain, { params: { [constants.ZSTD_c_compressionLevel]: 3 } })
    : plain;
  const packed = Buffer.concat([head, body]);
  packed.writeUInt32BE(crc32(packed.subarray(CHECKSUM_BYTES)));
  return packed;
}

/** Undefined for whatever `pack` did not write. */
export async function unpack(packed: Buffer): Promise<Packed | undefined> {
  if (packed.length < HEAD_BYTES) return undefined;
  if (packed.readUInt32BE() !== crc32(packed.subarray(CHECKSUM_BYTES))) return undefined;
  const position = packed.readDoubleBE(CHECKSUM_BYTES);
  const body = packed.subarray(HEAD_BYTES);
  if (packed[HEAD_BYTES - 1] === 0) return { position, text: body.toString() };
  const plain = await decompress(body, { maxOutputLength: MOST_BYTES }).catch(() => undefined);
  return plain && { position, text: plain.toString() };
}
