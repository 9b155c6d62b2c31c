import { Problem } from './errors.ts';

/** The entity tag of a row's version, for the `ETag` header. */
export function etag(version: number): string {
  return `"${version}"`;
}

/**
 * Refuses a change that was decided on an older state: throws `precondition_required` without `If-Match` and
 * `precondition_failed` when none of its tags is that of `current`. Call it under the row's lock.
 */
export function requireVersion(
  request: { headers: { 'if-match'?: string | undefined } },
  current: number,
): void {
  const header = request.headers['if-match'];
  if (header === undefined)
    throw new Problem(
      'precondition_required',
      'Read the entry first and send its ETag back in the header If-Match.',
    );
  const tags = header.split(',').map((tag) => tag.trim());
  if (!tags.includes('*') && !tags.includes(etag(current)))
    throw new Problem(
      'precondition_failed',
      'The entry was changed since you read it. Read it again and repeat the change.',
    );
}
