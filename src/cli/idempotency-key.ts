import { createHash } from 'node:crypto';

/**
 * The idempotency key of something that is done once: the same parts give the same key in every run. Hashed, because
 * a header may hold only some characters and a course may be called anything.
 */
export function keyFor(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
