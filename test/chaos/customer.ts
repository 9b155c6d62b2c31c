import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { problemIn, type Answer } from '../../src/cli/client.ts';
import type { Entry, Ledger, Outcome, ToldBooking, Verb } from './ledger.ts';
import { anyOf, type Server } from './servers.ts';

const PAUSE_MS = 40; // between two tries of one intention: an answer is missing because somebody is dead
const PATIENCE_MS = 30_000;
/** What a customer may hear from an engine that works: taken, expired, or too late for that. */
const REFUSALS = new Set([409, 410]);

export interface CustomerOptions {
  servers: readonly Server[];
  ledger: Ledger;
  /** False asks again under a new key: the control that shows what the key is good for. */
  sameKey?: boolean;
  heard: (entry: Entry) => void;
}

/** Asks for one thing until it knows what became of it, and writes down every answer before it believes it. */
export class Customer {
  readonly #options: CustomerOptions;

  constructor(options: CustomerOptions) {
    this.#options = options;
  }

  hold(line: object, ttlSeconds: number, discountCode?: string): Promise<ToldBooking | undefined> {
    const code = discountCode !== undefined && { discountCode };
    return this.#ask('hold', '/holds', (note) => ({ lines: [line], ttlSeconds, note, ...code }));
  }

  reschedule({ id }: ToldBooking, line: Record<string, unknown>): Promise<ToldBooking | undefined> {
    const { kind: _, ...change } = line;
    return this.#ask('reschedule', `/bookings/${id}/reschedule`, () => ({ lines: [{ no: 1, ...change }] }));
  }

  renew({ id }: ToldBooking, ttlSeconds: number): Promise<ToldBooking | undefined> {
    return this.#ask('renew', `/bookings/${id}/renew`, () => ({ ttlSeconds }));
  }

  confirm({ id }: ToldBooking): Promise<ToldBooking | undefined> {
    return this.#ask('confirm', `/bookings/${id}/confirm`, () => ({}));
  }

  cancel({ id }: ToldBooking): Promise<ToldBooking | undefined> {
    return this.#ask('cancel', `/bookings/${id}/cancel`, () => ({}));
  }

  // Unknown is never taken for an answer: the same key and body again, at whichever server is up.
  async #ask(
    verb: Verb,
    path: string,
    body: (intention: string) => object,
  ): Promise<ToldBooking | undefined> {
    const { servers, ledger, heard, sameKey = true } = this.#options;
    const intention = randomUUID();
    const deadline = Date.now() + PATIENCE_MS;
    for (let key = intention; ; key = sameKey ? intention : randomUUID()) {
      const server = await anyOf(servers, deadline);
      const sentAt = Date.now();
      const outcome = await send(server, path, body(intention), key);
      const entry: Entry = { intention, verb, sentAt, at: Date.now(), ...outcome };
      ledger.append(entry);
      heard(entry);
      if (outcome.what === 'acknowledged') return outcome.booking;
      if (outcome.what !== 'unknown') return undefined;
      if (entry.at > deadline) throw new Error(`nobody could say what became of a ${verb}: ${outcome.why}`);
      await wait(PAUSE_MS);
    }
  }
}

async function send(server: Server, path: string, body: object, key: string): Promise<Outcome> {
  try {
    return understood(await server.call('POST', path, body, key));
  } catch (error) {
    return { what: 'unknown', why: String(error) };
  }
}

function understood(answer: Answer): Outcome {
  const { status, replayed } = answer;
  if (status < 300)
    return { what: 'acknowledged', status, replayed, booking: toldBooking(answer.body as ToldBooking) };
  const { code, detail } = problemIn(answer);
  if (status === 503) return { what: 'unknown', why: code };
  return REFUSALS.has(status)
    ? { what: 'refused', status, code }
    : { what: 'surprise', status, code: `${code}: ${detail}` };
}

function toldBooking({ id, state, expiresAt, version, lines }: ToldBooking): ToldBooking {
  return { id, state, expiresAt, version, lines };
}
