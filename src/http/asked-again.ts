import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Stopwatch } from '../platform/clock.ts';
import type { CountRequest } from './operator.ts';
import { isKnown, type Ready, type ReadyBytes } from './ready.ts';

/** Notes that a request was let in, and how what answered it is looked up. */
export type Remember = (request: FastifyRequest, look: () => Ready | undefined) => void;

export interface AskedAgain {
  remember: Remember;
  /** Takes the requests of the app's server before the app does; call it before anything else listens for them. */
  standBefore(app: FastifyInstance): void;
}

/** What is the app's, so that an answer without it is the same. */
export interface Standing {
  /** What stands above every answer. */
  headers: OutgoingHttpHeaders;
  idOf(request: IncomingMessage): string;
  count: CountRequest;
  perf?: Stopwatch;
}

/**
 * A key that is revoked is dead after 5 s also where no change tells of it: it may be this old here, and in the cache of keys
 * as old as that allows (people/key.ts). Whoever asks more often than once a second is examined once a second.
 */
const FOR_MS = 1_000;
const MOST = 2_000;
/** With the above, what all of them may take of the memory. */
const MOST_CHARACTERS = 1_500;

/** What Node writes of a string without a copy of it; answers beyond it stay bytes. */
const MOST_IN_ONE_PIECE = 16 * 1_024;

interface Asked {
  look: () => Ready | undefined;
  route: string;
  until: number;
}

/**
 * Answers what was asked before in the very same words. The same URL with the same key and the same encodings passes the
 * same checks with the same outcome, so they are not made again; only whether the answer still holds is looked up.
 */
export function openAskedAgain({ headers, idOf, count, perf = performance }: Standing): AskedAgain {
  const asked = new LRUCache<string, Asked>({ max: MOST });
  const heads = new WeakMap<ReadyBytes, Head>();
  let isOpen = true;

  function headOf(ready: ReadyBytes): Head {
    let head = heads.get(ready);
    if (head === undefined) heads.set(ready, (head = makeHead(headers, ready)));
    return head;
  }

  // Answers of one turn of the event loop leave together when all that came in is read: written one by one between reads, each
  // wakes the other end of its connection from a sleep of some microseconds, which costs a quarter of all the work.
  let leaving: (() => void)[] = [];
  function leave(write: () => void): void {
    if (leaving.push(write) > 1) return;
    setImmediate(() => {
      const together = leaving;
      leaving = [];
      for (const each of together) each();
    });
  }

  function answer(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'GET') return false;
    const begun = perf.now();
    const known = asked.get(wordsOf(request.url, request.headers));
    if (known === undefined || begun >= known.until) return false;
    const ready = known.look();
    if (ready === undefined || 'problem' in ready) return false;
    const unchanged = isKnown(request.headers['if-none-match'], ready);
    leave(() => {
      if (response.destroyed) return; // its reader has left
      const id = idOf(request);
      const head = headOf(ready);
      const tookMs = perf.now() - begun; // but for writing it, which is not known before
      const ms = tookMs.toFixed(1);
      const own = ['x-request-id', id, 'x-response-time', `${ms}ms`, 'server-timing', `total;dur=${ms}`];
      if (!isOpen) response.shouldKeepAlive = false; // it began to close in this very turn
      if (unchanged) response.writeHead(304, [...head.ofUnchanged, ...own]).end();
      else response.writeHead(200, [...head.ofAnswer, ...own]).end(head.body, 'latin1');
      count({ id, method: 'GET', route: known.route, status: unchanged ? 304 : 200 }, tookMs);
    });
    return true;
  }

  return {
    remember: ({ method, url, headers, routeOptions: { url: route } }, look) => {
      const words = wordsOf(url, headers);
      if (method === 'GET' && route !== undefined && words.length <= MOST_CHARACTERS)
        asked.set(words, { look, route, until: perf.now() + FOR_MS });
    },
    // Not by Fastify's `serverFactory`: with one, it listens on only one of the addresses of `localhost`. What comes to the
    // other does not pass here, and is answered as if it was asked for the first time.
    standBefore: (app) => {
      app.addHook('preClose', async () => void (isOpen = false)); // the app's own answers then close their connections
      app.server.removeAllListeners('request').on('request', (request, response) => {
        if (!isOpen || !answer(request, response)) app.routing(request, response);
      });
    },
  };
}

/** No header holds these characters, so different requests never read alike. */
function wordsOf(url: string | undefined, headers: IncomingHttpHeaders): string {
  return `${headers.authorization ?? '\0'}\n${headers['accept-encoding'] ?? '\0'}\n${url}`;
}

interface Head {
  /** Names and values in turns, as Node writes them without looking at them twice. */
  ofAnswer: readonly string[];
  ofUnchanged: readonly string[];
  /** As a string it leaves in one piece with what stands above it, which is a tenth of all the work. */
  body: string | Buffer;
}

function makeHead(standing: OutgoingHttpHeaders, { headers, body }: ReadyBytes): Head {
  const all = { ...standing, ...headers, 'x-cache': 'HIT' };
  const ofUnchanged = Object.entries(all).flatMap(([name, value]) => [name, String(value)]);
  return {
    ofUnchanged,
    ofAnswer: [...ofUnchanged, 'content-length', String(body.length)],
    body: body.length > MOST_IN_ONE_PIECE ? body : body.toString('latin1'),
  };
}
