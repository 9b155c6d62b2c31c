import { hash } from 'node:crypto';
import type { Uuid } from '../platform/id.ts';

/** The stock row behind a limit, the same for the same words: `limitId(event, client)` is "so many per client". */
export function limitId(...of: readonly string[]): Uuid {
  const hex = hash('sha256', JSON.stringify(of));
  // UUID v8 (RFC 9562): whatever bits its maker likes, but for those of version and variant.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
