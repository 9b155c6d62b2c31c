import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { call } from '../../../test/app.ts';
import { freshDatabase, silentLog, type FreshDatabase } from '../../../test/database.ts';
import { openServingNode, type ServingNode } from '../../../test/serving-node.ts';
import { buildApp } from '../../http/app.ts';
import { kinds } from '../index.ts';
import { createKey } from '../../people/key.ts';
import { createTenant } from '../../people/tenant.ts';
import { DAY_MS } from '../../platform/zone.ts';

let database: FreshDatabase;
let node: ServingNode;
let uncached: ServingNode['app'];
let key: string;
before(async () => {
  database = await freshDatabase();
  const tenant = (await createTenant(database.db, { slug: 'acme' })).id;
  key = await createKey(database.db, tenant, { role: 'admin', name: 'tests' });
  node = await openServingNode(database.servingUrl);
  const { db, engine } = node;
  uncached = await buildApp({ db, engine, kinds, log: silentLog });
});
after(async () => {
  await uncached.close();
  await node.close();
  await database.close();
});

const ask = (method: string, path: string, body?: object, app = node.app) =>
  call(app, method, `/api/v1/acme${path}`, {
    key,
    ...(body && { body }),
    ...(method === 'PATCH' && { headers: { 'if-match': '*' } }),
  });

const MONDAY = Date.UTC(2031, 2, 3);
const at = (day: number) => new Date(MONDAY + day * DAY_MS).toISOString();
const windowOf = (from: number, to: number) => `from=${at(from)}&to=${at(to)}`;

let rooms = 0;
async function newRoom(rules: object = {}): Promise<string> {
  const room = { name: `Room ${(rooms += 1)}`, building: 'B', capacity: 20, rules };
  return String((await ask('POST', '/rooms', room)).body['id']);
}

const lineOf = (roomId: string, day: number, hours: number) => ({
  ...{ roomId, start: at(day), end: at(day + hours / 24) },
});

async function hold(roomId: string, day: number, hours = 1): Promise<string | undefined> {
  const line = { kind: 'room', ...lineOf(roomId, day, hours) };
  const { status, body } = await ask('POST', '/holds', { lines: [line] });
  return status === 201 ? String(body['id']) : undefined;
}

test('a booking throws away the weeks in which it is, and no others', async () => {
  const room = await newRoom({ bufferAfterMinutes: 60 });
  const weeks = [0, 35, 70].map((day) => `/rooms/${room}/availability?${windowOf(day, day + 7)}`);
  const count = () => node.cache.counts().get('room availability')?.invalidations ?? 0;
  const thrownAway = async (by: () => Promise<unknown>) => {
    await Promise.all(weeks.map((week) => ask('GET', week)));
    const before = count();
    await by();
    return count() - before;
  };
  let booking: string | undefined;
  const move = () =>
    ask('POST', `/bookings/${booking}/reschedule`, { lines: [{ no: 1, ...lineOf(room, 37, 1) }] });
  assert.equal(await thrownAway(async () => (booking = await hold(room, 2))), 1);
  assert.equal(await thrownAway(move), 2);
  assert.equal(await thrownAway(() => hold(room, 70 - 1.5 / 24)), 1); // its buffer reaches into the week
  assert.equal(await thrownAway(() => hold(room, 50)), 0);
  assert.equal(await thrownAway(() => ask('PATCH', `/rooms/${room}`, { capacity: 8 })), 3);
});

test('another process throws away the same weeks, as the feed tells it of which time a booking is', async () => {
  const there = await openServingNode(database.servingUrl);
  try {
    const room = await newRoom();
    for (const day of [0, 35])
      await ask('GET', `/rooms/${room}/availability?${windowOf(day, day + 7)}`, undefined, there.app);
    const count = () => there.cache.counts().get('room availability')?.invalidations ?? 0;
    await hold(room, 50);
    await hold(room, 2);
    while (count() === 0) await setImmediate(); // changes are told in their order, so that of day 50 was told too
    assert.equal(count(), 1);
  } finally {
    await there.close();
  }
});

test('what is kept says what the database says, whatever is booked, moved and given back at any time', async () => {
  const verb = fc.constantFrom('hold', 'hold', 'hold', 'confirm', 'move', 'cancel');
  const days = fc.integer({ min: 0, max: 4 * 110 }).map((quarters) => quarters / 4);
  const steps = fc.tuple(verb, fc.nat(9), fc.nat(1), days, fc.constantFrom(1, 6, 30, 200));
  let survived = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 6, maxLength: 14 }), async (story) => {
      const two = [await newRoom(), await newRoom({ bufferBeforeMinutes: 1_440, bufferAfterMinutes: 1_440 })];
      // A day, a week, a time that is named by its weeks and one that is too long for that.
      const windows = [[3, 4], [28, 35], [7, 70], [0, 110]] as const; // prettier-ignore
      const bookings: string[] = [];
      for (const [verb, which, room, day, hours] of story) {
        const booking = bookings[which % Math.max(1, bookings.length)];
        if (verb === 'hold') bookings.push((await hold(two[room] ?? '', day, hours)) ?? '');
        else if (verb === 'move')
          await ask('POST', `/bookings/${booking}/reschedule`, {
            lines: [{ no: 1, ...lineOf(two[room] ?? '', day, hours) }],
          });
        else await ask('POST', `/bookings/${booking}/${verb}`, {});
        for (const [first, last] of windows)
          for (const id of two) {
            const path = `/rooms/${id}/availability?${windowOf(first, last)}`;
            const { text, headers } = await ask('GET', path);
            if (headers['x-cache'] === 'HIT') survived += 1;
            assert.equal(text, (await ask('GET', path, undefined, uncached)).text);
          }
      }
    }),
    { numRuns: 15 },
  );
  assert.ok(survived > 0, 'nothing was ever kept');
});
