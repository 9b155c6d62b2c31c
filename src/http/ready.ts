import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Found } from '../platform/cache/cache.ts';
import type { Problem } from '../platform/errors.ts';

/** An answer as it goes over the wire, or the refusal that there is no such thing. */
export type Ready = ReadyBytes | { problem: Problem };
export interface ReadyBytes {
  body: Buffer;
  headers: OutgoingHttpHeaders & { etag: string };
  /** False where the tag is the entry's version for `If-Match`, while the answer tells of more than the entry. */
  tellsAll: boolean;
}

export function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { value, from }: Pick<Found<Ready>, 'value' | 'from'>,
): void {
  void reply.header('x-cache', from);
  if ('problem' in value) return void reply.send(value.problem);
  void reply.headers(value.headers);
  if (isKnown(request.headers['if-none-match'], value))
    void reply.code(304).send(); // null would be JSON, of four bytes
  else void reply.send(value.body);
}

/** Whether the caller has this very answer. Compared weakly, as RFC 9110 has it for `If-None-Match`. */
export function isKnown(header: string | undefined, { tellsAll, headers: { etag } }: ReadyBytes): boolean {
  if (header === undefined || !tellsAll) return false;
  const bare = (tag: string) => tag.trim().replace(/^W\//, '');
  return header.split(',').some((tag) => tag.trim() === '*' || bare(tag) === bare(etag));
}
