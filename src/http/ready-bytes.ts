import type { FastifyReply, RouteHandlerMethod, RouteOptions } from 'fastify';
import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib';
import type { App, KeptAnswer } from '../people/route.ts';
import type { Area, Cache, Wanted, Weighed } from '../platform/cache/cache.ts';
import type { SecondTier } from '../platform/cache/second-tier.ts';
import { Problem } from '../platform/errors.ts';
import type { Remember } from './asked-again.ts';
import { send, type Ready } from './ready.ts';

/** What changes only when somebody changes it; the time is for what the changes do not tell. */
const STANDING = { liveMs: 60_000, staleIfErrorMs: 300_000 };
/** What ends by itself with the time: a hold that expires is shown as taken for a second more at most. */
const DATED = { liveMs: 1_000, staleIfErrorMs: 0 };

const TO_COMPRESS_BYTES = 1_024;
const compressors = {
  zstd: promisify(zstdCompress),
  br: (bytes: Buffer) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: promisify(gzip),
};
/** 11, the default, takes 100 ms for an answer of 66 kB and saves a quarter more. */
const BROTLI_QUALITY = 4;
type Encoding = keyof typeof compressors;
/** The one we would rather send comes first. */
export const ENCODINGS = Object.keys(compressors) as Encoding[];

/** Where answers are kept: in the process, and for all processes where there is a Redis. */
export interface Answers {
  cache: Cache<Ready>;
  second?: SecondTier | undefined;
}

/** Keeps the answers of the routes that say so (`config.kept`) as the bytes that are sent; `remember` is told of each. */
export function keepAnswers(app: App, answers: Answers, remember: Remember): void {
  app.addHook('onRoute', (route: RouteOptions) => {
    const kept = route.config?.kept;
    if (kept === undefined) return;
    route.handler = keeping(answers, kept, route.handler, remember);
    if (!kept.dated && route.method === 'GET') app.standingRoutes.push(route.url);
  });
}

function keeping(
  { cache, second }: Answers,
  kept: KeptAnswer,
  handler: RouteHandlerMethod,
  remember: Remember,
): RouteHandlerMethod {
  const area: Area = { name: kept.name, ...(kept.dated ? DATED : STANDING) };
  const packed: Area = { ...area, name: `${kept.name} packed` };
  return function answer(request, reply) {
    const query = request.query as Readonly<Record<string, unknown>>;
    if (kept.isPrivate?.(query)) return handler.call(this, request, reply);
    if (kept.isOtherwise?.(request)) return handler.call(this, request, reply);
    const { tenant } = request.actor;
    const key = `${kept.variesBy?.(request.actor) ?? ''} ${request.url}`;
    const encoding = encodingFor(request.headers['accept-encoding']);
    const as = encoding === undefined ? area : packed;
    const packedKey = encoding === undefined ? key : `${encoding} ${key}`;
    const look = cache.at(as, tenant.id, packedKey);
    const ready = look();
    if (ready !== undefined) {
      const { isStillLetIn } = request;
      // The words that are remembered are without the header that asks for another type.
      if (kept.isOtherwise === undefined) remember(request, () => (isStillLetIn() ? look() : undefined));
      send(request, reply, { value: ready, from: 'HIT' });
      return undefined;
    }

    const make = () => handled(() => handler.call(this, request, reply), reply);
    const plain: Wanted<Ready> = {
      area,
      tenant: tenant.id,
      key,
      madeOf: kept.madeOf(request.params as Readonly<Record<string, string>>, query),
      load: () => {
        const isShared = second !== undefined && !kept.dated; // what lives for a second is not worth the way
        return makeReady(isShared ? () => shared(second, plain, make) : make, kept.dated);
      },
    };
    const wanted = encoding === undefined ? plain : packing(cache, plain, packed, packedKey, encoding);
    return cache.get(wanted).then((found) => send(request, reply, found));
  };
}

/** The same answer compressed. Its load begins before that of the plain one, so what outdates that one outdates it too. */
function packing(
  cache: Cache<Ready>,
  plain: Wanted<Ready>,
  area: Area,
  key: string,
  encoding: Encoding,
): Wanted<Ready> {
  return {
    ...plain,
    area,
    key,
    load: async () => {
      const { value, freshUntil } = await cache.get(plain);
      if ('problem' in value || value.body.length < TO_COMPRESS_BYTES)
        return { ...weighed(value), freshUntil };
      const body = await compressors[encoding](value.body);
      const headers = { ...value.headers, 'content-encoding': encoding };
      return { ...weighed({ ...value, body, headers }), freshUntil };
    },
  };
}

/** An answer that was made: its JSON, and the version that the handler set as its tag. */
interface Made {
  body: Buffer;
  version?: string | undefined;
}

async function makeReady(make: () => Promise<Made>, isDated: boolean): Promise<Weighed<Ready>> {
  try {
    const { body, version } = await make();
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      etag: version ?? `W/"${hash('sha256', body, 'base64url').slice(0, 22)}"`,
      'cache-control': 'private, no-cache',
      vary: 'accept-encoding, authorization',
    };
    return weighed({ body, headers, tellsAll: version === undefined || !isDated });
  } catch (error) {
    if (error instanceof Problem && error.code === 'not_found') return weighed({ problem: error });
    throw error;
  }
}

async function handled(handle: () => unknown, reply: FastifyReply): Promise<Made> {
  const answer = await handle();
  if (reply.sent) throw new Error('A handler whose answers are kept must return them, not send them.');
  const json =
    typeof answer === 'string' || Buffer.isBuffer(answer) ? answer : String(reply.serialize(answer));
  const body = typeof json === 'string' ? Buffer.from(json) : json;
  return { body, version: reply.getHeader('etag') as string | undefined };
}

/** The same shared with other processes. */
async function shared(
  second: SecondTier,
  { area: { name, liveMs }, ...wanted }: Wanted<Ready>,
  make: () => Promise<Made>,
): Promise<Made> {
  const text = await second.through({ ...wanted, name, liveMs }, async () => {
    const { body, version } = await make();
    return JSON.stringify({ text: body.toString(), version });
  });
  const made = JSON.parse(text) as { text: string; version?: string };
  return { body: Buffer.from(made.text), version: made.version };
}

function weighed(value: Ready): Weighed<Ready> {
  return { value, bytes: 'problem' in value ? 0 : value.body.length };
}

/** The best encoding that the caller takes; undefined: as it is. */
function encodingFor(header: string | undefined): Encoding | undefined {
  if (header === undefined) return undefined;
  const known = CHOSEN.get(header);
  if (known !== undefined) return known;
  const chosen = ENCODINGS.find((encoding) => takes(header, encoding));
  if (CHOSEN.size < MOST_CHOSEN && chosen !== undefined) CHOSEN.set(header, chosen);
  return chosen;
}

/** Browsers send a handful of different headers. */
const CHOSEN = new Map<string, Encoding>();
const MOST_CHOSEN = 100;

function takes(header: string, encoding: Encoding): boolean {
  return header.split(',').some((part) => {
    const [name, ...weights] = part.split(';').map((word) => word.trim().toLowerCase());
    return name === encoding && !weights.some((weight) => /^q=0(\.0*)?$/.test(weight));
  });
}
