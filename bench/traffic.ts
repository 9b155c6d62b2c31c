import type { Request } from 'autocannon';
import type { Instant } from '../src/platform/clock.ts';

/** What requests are made from. */
export interface Ground {
  /** Path of the tenant's API: `/api/v1/bench`. */
  readonly base: string;
  readonly rooms: readonly string[];
  readonly places: readonly Place[];
  /** Bookings begin at or after this. */
  readonly from: Instant;
  /** Number of this run, from 0, of `runs` that share the rooms: none asks for the time of another. */
  readonly run: number;
  readonly runs: number;
  /** Asked of the usual design (usual-design.ts), which has a path of its own for holds. */
  readonly isUsual?: boolean;
}

/** A standing section of an event on sale. */
export interface Place {
  readonly eventId: string;
  readonly sectionId: string;
}

/** The cycle of requests that every connection repeats, and how many of them asked for what is taken. */
export interface Traffic {
  readonly requests: Request<Cycle>[];
  collisions(): number;
}

/** What one connection knows during one cycle. */
export interface Cycle {
  bookingId?: string;
}

const COLLIDING = 0.3;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Hours of the coming year: how many times each room can be booked without a collision. */
const HOURS = 360 * 24;
const SCATTER = 2_147_483_629; // a prime: steps through every place in an order that looks random

/** Room bookings of an hour at random places; 30 % want half an hour inside one that was asked for before. */
function intervals(ground: Ground): Traffic {
  const random = randomNumbers(ground.run);
  let asked = 0;
  let collisions = 0;
  const hold: Request<Cycle> = {
    ...post(ground, '/holds'),
    setupRequest(request) {
      const colliding = asked > 0 && random() < COLLIDING;
      if (colliding) collisions++;
      const place = placeOf(ground, colliding ? Math.floor(random() * asked) : asked++);
      const start = place.start + (colliding ? HOUR / 4 : 0);
      request.body = holdBody(place.roomId, start, start + (colliding ? HOUR / 2 : HOUR));
      return request;
    },
  };
  return { requests: [hold], collisions: () => collisions };
}

/** Always of a free place. */
function freeHours(ground: Ground): Request<Cycle> {
  let asked = 0;
  return {
    ...post(ground, '/holds'),
    setupRequest(request) {
      const place = placeOf(ground, asked++);
      request.body = holdBody(place.roomId, place.start, place.start + HOUR);
      return request;
    },
  };
}

/** Hold, confirm, cancel, always of a free place. */
function cycles(ground: Ground): Traffic {
  const hold: Request<Cycle> = {
    ...freeHours(ground),
    onResponse(status, body, cycle) {
      cycle.bookingId = status === 201 ? /"id":"([0-9a-f-]{36})"/.exec(body)?.[1] : undefined;
    },
  };
  const verb = (word: string): Request<Cycle> => ({
    ...post(ground, ''),
    body: '{}',
    setupRequest(request, { bookingId }) {
      if (bookingId === undefined) return null;
      request.path = `${ground.base}/bookings/${bookingId}/${word}`;
      return request;
    },
  });
  return { requests: [hold, verb('confirm'), verb('cancel')], collisions: () => 0 };
}

/** One place at a time of a standing section; of the only one there is, or of a random one. */
function admissions(ground: Ground): Traffic {
  const random = randomNumbers(ground.run);
  const holds = ground.places.map(({ eventId, sectionId }) =>
    ground.isUsual
      ? {
          path: `${ground.base}/events/${eventId}/reservations`,
          body: `{"sectionId":"${sectionId}","quantity":1}`,
        }
      : {
          path: `${ground.base}/holds`,
          body: `{"lines":[{"kind":"admission","eventId":"${eventId}","sectionId":"${sectionId}","quantity":1}]}`,
        },
  );
  const hold: Request<Cycle> = {
    ...post(ground, '/holds'),
    setupRequest: (request) => Object.assign(request, holds[Math.floor(random() * holds.length)]),
  };
  return { requests: [hold], collisions: () => 0 };
}

/** `mixed` for who sells events only: eight looks at the list and at what is left of one of them, and two holds. */
function events(ground: Ground): Traffic {
  const random = randomNumbers(ground.run);
  const { base, places } = ground;
  const list = look(base, () => '/events?limit=20');
  const left = look(base, () => `/events/${places[Math.floor(random() * places.length)]?.eventId}/inventory`);
  const { requests: admit } = admissions(ground);
  return {
    requests: [list, left, list, left, ...admit, list, left, list, left, ...admit],
    collisions: () => 0,
  };
}

function look(base: string, path: () => string): Request<Cycle> {
  return {
    method: 'GET',
    path: base,
    headers: {},
    setupRequest(request) {
      request.path = base + path();
      return request;
    },
  };
}

/**
 * Eight looks and two holds in turns. Half of the looks are at what is for sale, half at what is left of one of the few
 * rooms and events that everybody wants; each hold is of a free place, so it changes what is left of one of those.
 */
function mixed(ground: Ground): Traffic {
  const random = randomNumbers(ground.run);
  const { base, from, rooms, places } = ground;
  const any = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const week = `from=${new Date(from).toISOString()}&to=${new Date(from + 7 * 24 * HOUR).toISOString()}`;
  const looks = [
    () => '/rooms?limit=50',
    () => `/rooms/${any(rooms)}`,
    () => `/rooms/${any(rooms)}/availability?${week}`,
    () => `/events/${any(places).eventId}/inventory`,
  ].map((path) => look(base, path));
  const { requests: admit } = admissions(ground);
  return { requests: [...looks, freeHours(ground), ...looks, ...admit], collisions: () => 0 };
}

/** How browsers of today want their answers. */
export const READ_ENCODING = 'gzip, deflate, br, zstd';

/** A list of the catalogue and the availability of a room for a week. */
export function readPaths({ base, rooms, from }: Pick<Ground, 'base' | 'rooms' | 'from'>): string[] {
  const window = `from=${new Date(from).toISOString()}&to=${new Date(from + 7 * 24 * HOUR).toISOString()}`;
  return [`${base}/rooms?limit=50`, `${base}/rooms/${rooms[0] ?? ''}/availability?${window}`];
}

export const traffics = { intervals, cycles, admissions, mixed, events };
export type TrafficName = keyof typeof traffics;

function post({ base }: Ground, path: string): Request<Cycle> {
  return { method: 'POST', path: base + path, headers: { 'content-type': 'application/json' } };
}

/** The n-th place of a run: a room and an hour that no other number and no other run has. */
function placeOf({ rooms, from, run, runs }: Ground, n: number): { roomId: string; start: Instant } {
  const places = rooms.length * HOURS;
  const share = Math.floor(places / runs);
  if (n >= share) throw new Error('the rooms have too few free hours for this run');
  const place = Number((BigInt(run * share + n) * BigInt(SCATTER)) % BigInt(places));
  const roomId = rooms[place % rooms.length];
  if (roomId === undefined) throw new Error('there are no rooms');
  return { roomId, start: from + Math.floor(place / rooms.length) * HOUR };
}

function holdBody(roomId: string, start: Instant, end: Instant): string {
  const text = (at: Instant) => new Date(at).toISOString();
  return `{"lines":[{"kind":"room","roomId":"${roomId}","start":"${text(start)}","end":"${text(end)}"}]}`;
}

/** Numbers from 0 to 1 that are the same in every run of the same number (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
