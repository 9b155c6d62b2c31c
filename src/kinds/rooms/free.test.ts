import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FrontDesk } from '../../../test/front-desk.ts';

let desk: FrontDesk;
before(async () => (desk = await FrontDesk.open()));
after(() => desk.close());

/** A Monday, by the clock of Berlin in summer. */
const at = (time: string, day = 6) => `2030-05-0${day}T${time}:00+02:00`;
const iso = (text: string) => new Date(text).toISOString();
const stretches = (...of: readonly (readonly [string, string])[]) =>
  of.map(([start, end]) => ({ start: iso(at(start)), end: iso(at(end)) }));

async function seen(roomId: string, from = at('00:00'), to = at('00:00', 7)) {
  const query = `from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`;
  const { body, text } = await desk.get(`/rooms/${roomId}/availability?${query}`);
  assert.ok(Array.isArray(body['free']), text);
  return body as unknown as Record<'free' | 'busy', { start: string; end: string }[]>;
}

test('a room is free when it is open, neither blacked out nor taken, on its own clock', async () => {
  const openingHours = {
    mon: [
      ['08:00', '12:00'],
      ['13:00', '20:00'],
    ],
  };
  const roomId = await desk.room({ timezone: 'Europe/Berlin', openingHours });
  assert.deepEqual(await seen(roomId), {
    roomId,
    free: stretches(['08:00', '12:00'], ['13:00', '20:00']),
    busy: [],
  });
  await desk.made(`/rooms/${roomId}/blackouts`, { start: at('11:00'), end: at('14:00') });
  await desk.held([{ kind: 'room', roomId, start: at('16:00'), end: at('17:00') }]);
  const { free, busy } = await seen(roomId);
  assert.deepEqual(free, stretches(['08:00', '11:00'], ['14:00', '16:00'], ['17:00', '20:00']));
  assert.deepEqual(busy, stretches(['16:00', '17:00']));
  assert.deepEqual((await seen(roomId, at('00:00', 7), at('00:00', 8))).free, [], 'closed on Tuesday');
});

test('free is where a booking may lie with its buffers: each free stretch can be booked from end to end', async () => {
  const rules = { bufferBeforeMinutes: 10, bufferAfterMinutes: 15 };
  const roomId = await desk.room({ timezone: 'Europe/Berlin', rules });
  await desk.held([{ kind: 'room', roomId, start: at('10:00'), end: at('11:00') }]);
  const { free, busy } = await seen(roomId, at('08:00'), at('12:00'));
  assert.deepEqual(free, stretches(['08:00', '09:35'], ['11:25', '12:00']));
  assert.deepEqual(busy, stretches(['09:50', '11:15']), 'as it is kept');
  for (const { start, end } of free) await desk.held([{ kind: 'room', roomId, start, end }]);
});

test('a booking whose buffer reaches to the window from outside is heeded and not shown in it', async () => {
  const rules = { bufferBeforeMinutes: 30 };
  const roomId = await desk.room({ timezone: 'Europe/Berlin', rules });
  await desk.held([{ kind: 'room', roomId, start: at('12:40'), end: at('13:00') }]);
  assert.deepEqual(await seen(roomId, at('10:00'), at('12:10')), {
    roomId,
    free: stretches(['10:00', '12:10']),
    busy: [],
  });
  const later = await desk.room({ timezone: 'Europe/Berlin', rules });
  await desk.held([{ kind: 'room', roomId: later, start: at('08:00'), end: at('10:00') }]);
  assert.deepEqual(await seen(later, at('10:10'), at('12:00')), {
    roomId: later,
    free: stretches(['10:30', '12:00']),
    busy: [],
  });
});

test('a room out of the catalogue is never free', async () => {
  const roomId = await desk.room();
  await desk.ask('PATCH', `/rooms/${roomId}`, { body: { archived: true }, headers: { 'if-match': '*' } });
  assert.deepEqual((await seen(roomId)).free, []);
});
