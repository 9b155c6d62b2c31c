import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Request } from 'autocannon';
import { traffics, type Cycle, type Ground } from './traffic.ts';

const HOUR = 3_600_000;
const ground: Ground = {
  base: '/api/v1/bench',
  rooms: ['r0', 'r1', 'r2'],
  places: [],
  from: 0,
  run: 0,
  runs: 2,
};

interface Asked {
  roomId: string;
  start: number;
  end: number;
}

/** The first `count` holds of a traffic, as they were asked for. */
function holds([hold]: Request<Cycle>[], count: number): Asked[] {
  return Array.from({ length: count }, () => {
    assert.ok(hold?.setupRequest);
    const { body = '' } = hold.setupRequest({ ...hold }, {}) ?? {};
    const { lines } = JSON.parse(body) as { lines: [{ roomId: string; start: string; end: string }] };
    const [{ roomId, start, end }] = lines;
    return { roomId, start: Date.parse(start), end: Date.parse(end) };
  });
}

const key = ({ roomId, start }: Asked) => `${roomId} ${Math.floor(start / HOUR)}`;

test('of the random bookings 30 % collide, each with one that was asked for before', () => {
  const { requests, collisions } = traffics.intervals(ground);
  const seen = new Set<string>();
  let colliding = 0;
  for (const asked of holds(requests, 5_000)) {
    if (seen.has(key(asked))) {
      colliding++;
      assert.ok(asked.start % HOUR > 0 && asked.end % HOUR > 0 && asked.end - asked.start < HOUR);
    } else assert.ok(asked.start % HOUR === 0 && asked.end - asked.start === HOUR);
    seen.add(key(asked));
  }
  assert.equal(colliding, collisions());
  assert.ok(colliding > 1_400 && colliding < 1_600, `${colliding} of 5000`);
});

test('cycles never collide, not even with those of another run', () => {
  const first = holds(traffics.cycles(ground).requests, 5_000);
  const second = holds(traffics.cycles({ ...ground, run: 1 }).requests, 5_000);
  assert.equal(new Set([...first, ...second].map(key)).size, 10_000);
});

test('a run stops when the rooms are used up instead of colliding by chance', () => {
  const { requests } = traffics.cycles({ ...ground, runs: 10_000 });
  assert.throws(() => holds(requests, 5_000), /too few free hours/);
});

test('a cycle confirms and cancels what it holds, and begins anew when it holds nothing', () => {
  const [hold, confirm, cancel] = traffics.cycles(ground).requests;
  assert.ok(hold?.onResponse && confirm?.setupRequest && cancel?.setupRequest);
  const cycle: Cycle = {};
  const bookingId = '0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a';
  hold.onResponse(201, JSON.stringify({ id: bookingId, lines: [] }), cycle);
  assert.equal(confirm.setupRequest(confirm, cycle)?.path, `/api/v1/bench/bookings/${bookingId}/confirm`);
  assert.equal(cancel.setupRequest(cancel, cycle)?.path, `/api/v1/bench/bookings/${bookingId}/cancel`);
  hold.onResponse(409, '{}', cycle);
  assert.equal(confirm.setupRequest(confirm, cycle), null);
});
