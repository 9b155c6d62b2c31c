import {
  Agent as PlainAgent,
  request as plainRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf, Refusal } from '../platform/refusal.ts';

/** What the server said. `body` is the parsed JSON; `replayed` when an idempotency key gave the first answer again. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly replayed: boolean;
  readonly retryAfterSeconds: number | undefined;
}

/**
 * One call of a tenant's HTTP API; `path` is what follows `/api/v1/{tenant}`. Resolves with whatever the server
 * answers, also when it refuses; rejects with a ServerUnreachable when there is no answer.
 */
export type Call = (
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  idempotencyKey?: string,
) => Promise<Answer>;

/** Nobody answered at all, as a sentence for the terminal. */
export class ServerUnreachable extends Refusal {}

const ANSWER_TIMEOUT_MS = 30_000;
const LONGEST_ANSWER_BYTES = 16 * 1024 * 1024;

export interface ClientOptions {
  /** Where the server listens, e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Slug of the tenant. */
  readonly tenant: string;
  readonly key: string;
  /** Connections that are kept open. */
  readonly connections: number;
}

/** Opens a client of one tenant. Connects at the first call. Throws a Refusal when the address is none. */
export function openClient(options: ClientOptions): { call: Call; close(): void } {
  const base = addressOf(options.url, `/api/v1/${encodeURIComponent(options.tenant)}`);
  const Agent = base.protocol === 'https:' ? TlsAgent : PlainAgent;
  const agent = new Agent({ keepAlive: true, maxSockets: options.connections });

  const call: Call = async (method, path, body, idempotencyKey) => {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers: Record<string, string | number> = {
      accept: 'application/json',
      authorization: `Bearer ${options.key}`,
    };
    if (payload)
      Object.assign(headers, { 'content-type': 'application/json', 'content-length': payload.length });
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    try {
      const target = new URL(`${base.href}${path}`);
      return await readAnswer(await exchange(target, { method, headers, agent }, payload));
    } catch (error) {
      throw unreachable(options.url, error);
    }
  };
  return { call, close: () => agent.destroy() };
}

/** Looks whether a server answers at all, before anything is done for it. Throws a Refusal when none does. */
export async function requireServer(url: string): Promise<void> {
  const health = addressOf(url, '/health/live');
  try {
    (await exchange(health, { method: 'GET', agent: false })).destroy();
  } catch (error) {
    throw unreachable(url, error);
  }
}

function addressOf(url: string, path: string): URL {
  const base = URL.parse(path, url);
  if (base?.protocol === 'http:' || base?.protocol === 'https:') return base;
  throw new Refusal(`${url} is no address of a server; give one like http://127.0.0.1:3000.`);
}

function exchange(url: URL, options: RequestOptions, payload?: Buffer): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    send(url, { ...options, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
      .on('response', resolve)
      .on('error', reject)
      .end(payload);
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LONGEST_ANSWER_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const retryAfter = Number(response.headers['retry-after']);
  return {
    status: response.statusCode ?? 0,
    body: text === '' ? undefined : parsed(text),
    replayed: response.headers['idempotent-replayed'] === 'true',
    retryAfterSeconds: retryAfter > 0 ? retryAfter : undefined,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it does not speak JSON');
  }
}

function unreachable(url: string, error: unknown): ServerUnreachable {
  const { code, name } = error as { code?: string; name?: string };
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND')
    return new ServerUnreachable(
      `No server answers at ${url}. Start one with "npx holdfast start", or name another with --url.`,
    );
  const reason = name === 'TimeoutError' || code === 'ABORT_ERR' ? 'it took too long' : reasonOf(error);
  return new ServerUnreachable(`The server at ${url} gave no usable answer: ${reason}.`, { cause: error });
}

const TRIES = 6;
const LONGEST_WAIT_SECONDS = 5;

/**
 * A call that is patient with a busy or restarting server: after a 503 or 429, or no answer at all, it asks again, at
 * most five times. Only for calls that may be repeated: reads, and writes with an idempotency key.
 */
export function patient(call: Call, wait: (ms: number) => Promise<unknown> = sleep): Call {
  return async (...request) => {
    for (let tries = 1; ; tries++) {
      let seconds = 2 ** (tries - 1) / 10; // 0.1 s, doubled each time
      try {
        const answer = await call(...request);
        const busy = answer.status === 503 || answer.status === 429;
        if (!busy || tries === TRIES) return answer;
        seconds = answer.retryAfterSeconds ?? seconds;
      } catch (error) {
        if (tries === TRIES || !(error instanceof ServerUnreachable)) throw error;
      }
      await wait(Math.min(seconds, LONGEST_WAIT_SECONDS) * 1_000);
    }
  };
}

/** The code and detail of a problem answer, for a message; what is no problem document is told by its status. */
export function problemIn(answer: Answer): { code: string; detail: string } {
  const { code, detail } = (answer.body ?? {}) as { code?: unknown; detail?: unknown };
  return {
    code: typeof code === 'string' ? code : `status ${answer.status}`,
    detail: typeof detail === 'string' ? detail : 'It gave no reason.',
  };
}

/** A Refusal that tells what the server said to something that must succeed. */
export function refusedBy(answer: Answer, doing: string): Refusal {
  const { code, detail } = problemIn(answer);
  return new Refusal(`The server refused ${doing} (${answer.status} ${code}): ${detail}`);
}
