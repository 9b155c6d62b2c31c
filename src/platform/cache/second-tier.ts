import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, crc32, zstdCompress, zstdDecompress } from 'node:zlib';
import type { Uuid } from '../id.ts';
import type { SharedBytes } from './redis.ts';

/** Shares texts between processes, so that what one has read the others need not. */
export interface SecondTier {
  /** The text under this key as it is now, shared for `liveMs`; `make` makes it when nobody has, or nobody can say. */
  through(tenant: Uuid, key: string, liveMs: number, make: () => Promise<string>): Promise<string>;
}

/** Changes when what is kept under the keys does: then processes of two releases do not read each other's. */
const FORMAT = 1;
const TO_COMPRESS_BYTES = 1_024;
/** Whoever can write to Redis could send something that unpacks to more than there is memory. */
const MOST_BYTES = 16 * 1_024 * 1_024;
const CHECKSUM_BYTES = 4;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/**
 * The key carries how far the tenant's changes are known to this process, read before the value is. So whoever reads
 * it knows at most as much as the value does, and a process that is late writes where nobody looks any more. Any change
 * of the tenant thus begins a new generation: the tier is for what changes seldom and is asked for by many.
 */
export function openSecondTier(
  bytes: SharedBytes,
  generationOf: (tenant: Uuid) => number | undefined,
): SecondTier {
  return {
    through: async (tenant, key, liveMs, make) => {
      const generation = generationOf(tenant);
      if (generation === undefined) return make();
      const name = `holdfast:${FORMAT}:${tenant}:${generation}:${hash('sha256', key, 'base64url')}`;
      const kept = await bytes.get(name);
      const known = kept === undefined ? undefined : await unpack(kept);
      if (known !== undefined) return known;
      const text = await make();
      void pack(text).then((packed) => bytes.set(name, packed, liveMs));
      return text;
    },
  };
}

/** Four bytes of checksum, one that says whether what follows is compressed, and the text. */
async function pack(text: string): Promise<Buffer> {
  const plain = Buffer.from(text);
  const isLarge = plain.length >= TO_COMPRESS_BYTES;
  const rest = Buffer.concat([
    Buffer.of(isLarge ? 1 : 0),
    isLarge ? await compress(plain, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }) : plain,
  ]);
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeUInt32BE(crc32(rest));
  return Buffer.concat([checksum, rest]);
}

/** Undefined for whatever `pack` did not write. */
async function unpack(packed: Buffer): Promise<string | undefined> {
  const rest = packed.subarray(CHECKSUM_BYTES);
  if (rest.length === 0 || packed.readUInt32BE() !== crc32(rest)) return undefined;
  if (rest[0] === 0) return rest.toString('utf8', 1);
  const plain = await decompress(rest.subarray(1), { maxOutputLength: MOST_BYTES }).catch(() => undefined);
  return plain?.toString();
}
