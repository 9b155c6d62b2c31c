import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { nameFor, type Answer, type Intent, type Line, type Op, type Send } from './history.ts';
import type { Stage } from './stage.ts';

export const ACTORS = 32;
const SLOTS = 8;
const HOUR_MS = 3_600_000;
const OPENING = Date.UTC(2031, 0, 1);
/** Bookings that everybody plays with; older ones are left alone. */
const REMEMBERED = 24;
/** A key is sent again after an unknown outcome until there is an answer. */
const MOST_SENDS = 50;
const PAGE = 10;
const SHORT_TTL_SECONDS = 1;
const LONG_TTL_SECONDS = 600;

/** What the actors know of each other. */
interface Crowd {
  stage: Stage;
  /** Bookings that were held lately, by anybody. */
  bookings: { id: string; line: Line }[];
  ops: Op[];
}

/** Lets 32 actors loose on a few resources, `opsEach` ops each, and returns all they did. The seed decides what. */
export async function act(stage: Stage, seed: number, opsEach: number): Promise<Op[]> {
  const crowd: Crowd = { stage, bookings: [], ops: [] };
  await Promise.all(
    stage.keys.slice(0, ACTORS).map(async (key, i) => {
      const actor = new Actor(crowd, key, random(seed * ACTORS + i));
      for (let op = 0; op < opsEach; op++) await actor.act();
    }),
  );
  return crowd.ops;
}

class Actor {
  readonly #crowd: Crowd;
  readonly #key: Stage['keys'][number];
  readonly #random: () => number;
  /** Keyed requests of this actor that may be sent once more. */
  readonly #past: { op: Op; idempotencyKey: string }[] = [];
  #hasBegun = false;

  constructor(crowd: Crowd, key: Stage['keys'][number], random: () => number) {
    this.#crowd = crowd;
    this.#key = key;
    this.#random = random;
  }

  async act(): Promise<void> {
    const again = this.#past[this.#below(this.#past.length)];
    if (again !== undefined && this.#random() < 0.06) {
      await this.#send(again.op, again.idempotencyKey);
      return;
    }
    const op: Op = {
      no: this.#crowd.ops.length,
      actor: this.#key.principal,
      intent: this.#intent(),
      sends: [],
    };
    this.#crowd.ops.push(op);
    const idempotencyKey = randomUUID();
    await this.#perform(op, idempotencyKey);
    if (op.intent.verb !== 'read' && op.intent.verb !== 'list') this.#past.push({ op, idempotencyKey });
    if (op.intent.verb === 'hold') this.#remember(op, op.intent.lines[0]);
  }

  /** Once, or as twins at the same moment, or with an answer that is not waited for; until there is an answer. */
  async #perform(op: Op, idempotencyKey: string): Promise<void> {
    const fate = this.#random();
    if (fate < 0.08) await Promise.all([this.#send(op, idempotencyKey), this.#send(op, idempotencyKey)]);
    else if (fate < 0.16) await this.#send(op, idempotencyKey, this.#below(20));
    while (op.sends.every((send) => send.answer === undefined)) {
      if (op.sends.length >= MOST_SENDS) throw new Error(`op ${op.no} had no answer in ${MOST_SENDS} tries`);
      await this.#send(op, idempotencyKey);
    }
  }

  async #send(op: Op, idempotencyKey: string, patienceMs?: number): Promise<void> {
    const { method, path, body } = this.#request(op);
    const send: Send = { calledAt: performance.now(), calledAtWall: Date.now() };
    op.sends.push(send);
    const leave = new AbortController();
    if (patienceMs !== undefined) void wait(patienceMs).then(() => leave.abort());
    try {
      const response = await fetch(
        `${this.#crowd.stage.urls[this.#below(this.#crowd.stage.urls.length)]}${path}`,
        {
          method,
          signal: leave.signal,
          headers: {
            authorization: `Bearer ${this.#key.secret}`,
            ...(body !== undefined && {
              'content-type': 'application/json',
              'idempotency-key': idempotencyKey,
            }),
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        },
      );
      const text = await response.text();
      const replayed = response.headers.get('idempotent-replayed') === 'true';
      const answer: Answer = {
        at: performance.now(),
        atWall: Date.now() + 1,
        status: response.status,
        replayed,
        text,
      };
      if (response.status !== 503) send.answer = answer; // "try again": whether it took effect is open
    } catch (error) {
      if (!leave.signal.aborted) throw error;
    }
  }

  #request({ no, intent }: Op): { method: string; path: string; body?: unknown } {
    switch (intent.verb) {
      case 'hold': {
        const lines = intent.lines.map((line) => line.body);
        return {
          method: 'POST',
          path: '/holds',
          body: { lines, ttlSeconds: intent.ttlSeconds, note: nameFor(no) },
        };
      }
      case 'confirm':
      case 'cancel':
        return { method: 'POST', path: `/bookings/${intent.bookingId}/${intent.verb}`, body: {} };
      case 'reschedule': {
        const { kind: _, ...change } = intent.line.body;
        return {
          method: 'POST',
          path: `/bookings/${intent.bookingId}/reschedule`,
          body: { lines: [{ no: 1, ...change }] },
        };
      }
      case 'read':
        return { method: 'GET', path: `/bookings/${intent.bookingId}` };
      case 'list':
        return { method: 'GET', path: `/bookings?limit=${PAGE}` };
    }
  }

  #intent(): Intent {
    if (!this.#hasBegun) return this.#begin();
    const known = this.#crowd.bookings[this.#below(this.#crowd.bookings.length)];
    const choice = this.#random();
    if (known === undefined || choice < 0.36) return this.#hold();
    const bookingId = known.id;
    if (choice < 0.5) return { verb: 'confirm', bookingId };
    if (choice < 0.68) return { verb: 'cancel', bookingId };
    if (choice < 0.82) return { verb: 'reschedule', bookingId, line: this.#like(known.line) };
    return choice < 0.94 ? { verb: 'read', bookingId } : { verb: 'list' };
  }

  /** All begin at one moment, and with the same hour of the same room. */
  #begin(): Intent {
    this.#hasBegun = true;
    const [roomId = ''] = this.#crowd.stage.rooms;
    return { verb: 'hold', lines: [roomLine(roomId, 0, 1)], ttlSeconds: LONG_TTL_SECONDS };
  }

  #hold(): Intent {
    const lines = this.#random() < 0.25 ? [this.#line(), this.#line()] : [this.#line()];
    const isFor = (line: Line) => line.body['seatIds'];
    // The same seat in two lines breaks a rule; the model tells only of what is taken.
    const [first, second] = lines.map(isFor);
    const apart = first !== undefined && String(first) === String(second) ? lines.slice(0, 1) : lines;
    const ttlSeconds = this.#random() < 0.1 ? SHORT_TTL_SECONDS : LONG_TTL_SECONDS;
    return { verb: 'hold', lines: apart, ttlSeconds };
  }

  #line(): Line {
    const kind = this.#random();
    if (kind < 0.5) return this.#roomLine();
    return kind < 0.75 ? this.#seatLine() : this.#admissionLine();
  }

  /** A line of the same kind: a rescheduled line stays what it is. */
  #like(line: Line): Line {
    if (line.body['kind'] === 'room') return this.#roomLine();
    return line.body['kind'] === 'seat' ? this.#seatLine() : this.#admissionLine();
  }

  #roomLine(): Line {
    const { rooms } = this.#crowd.stage;
    const roomId = rooms[this.#below(rooms.length)] ?? '';
    return roomLine(roomId, this.#below(SLOTS), 1 + this.#below(3));
  }

  #seatLine(): Line {
    const { eventId, stalls, seats } = this.#crowd.stage;
    const seat = seats[this.#below(seats.length)] ?? '';
    const units = [stalls, seat].map((resource) => ({ resource, count: 1 }));
    return { body: { kind: 'seat', eventId, seatIds: [seat] }, units };
  }

  #admissionLine(): Line {
    const { eventId, standing } = this.#crowd.stage;
    const sectionId = standing[this.#below(standing.length)] ?? '';
    const quantity = 1 + this.#below(3);
    return {
      body: { kind: 'admission', eventId, sectionId, quantity },
      units: [{ resource: sectionId, count: quantity }],
    };
  }

  #remember(op: Op, line: Line | undefined): void {
    const answer = op.sends.find((send) => send.answer?.status === 201)?.answer;
    if (answer === undefined || line === undefined) return;
    const { bookings } = this.#crowd;
    bookings.push({ id: (JSON.parse(answer.text) as { id: string }).id, line });
    if (bookings.length > REMEMBERED) bookings.shift();
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }
}

/** mulberry32: small, and the same everywhere. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function roomLine(roomId: string, slot: number, hours: number): Line {
  const startsAt = OPENING + slot * HOUR_MS;
  const endsAt = startsAt + hours * HOUR_MS;
  const [start, end] = [startsAt, endsAt].map((at) => new Date(at).toISOString());
  return {
    body: { kind: 'room', roomId, start, end },
    slot: { resource: roomId, startsAt, endsAt },
    units: [],
  };
}
