import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog } from '../../../test/database.ts';
import { FrontDesk, roomLine } from '../../../test/front-desk.ts';
import { openEngine, type Engine } from '../../engine/index.ts';
import { releaseNoShows } from './no-shows.ts';

let desk: FrontDesk;
let engine: Engine;
before(async () => {
  desk = await FrontDesk.open();
  engine = openEngine({ db: desk.web.database.db, log: silentLog, width: 2, guarded: true });
});
after(async () => {
  await engine.drain();
  await desk.close();
});

const MINUTE_MS = 60_000;
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * MINUTE_MS).toISOString();

const newRoom = (rules: object) => desk.room({ rules });

/** A confirmed booking of an hour that began so long ago, and of an hour tomorrow in each room more. */
async function begun(roomId: string, minutesAgo: number, more: readonly string[] = []): Promise<string> {
  const { id } = await desk.booked([
    roomLine(roomId, inMinutes(0), inMinutes(60)),
    ...more.map((other) => roomLine(other, inMinutes(1_440), inMinutes(1_500))),
  ]);
  await desk.backdate(id, minutesAgo);
  return id;
}

const release = () => releaseNoShows(desk.web.database.db, engine);
const stateOf = async (id: string) => (await desk.read(id)).state;

test('a booking for which nobody checked in in time is a no-show, and the rest of its time is free', async () => {
  const room = await newRoom({ checkInMinutes: 10 });
  const id = await begun(room, 11);
  assert.equal(await release(), 1);
  assert.equal(await stateOf(id), 'noShow');
  assert.deepEqual(await desk.busy(room, inMinutes(1), inMinutes(60)), []);
  const over = await desk.busy(room, inMinutes(-10), inMinutes(60));
  assert.equal(over.length, 1, 'what is over stays: it was kept from everybody else');
  await desk.held([roomLine(room, inMinutes(1), inMinutes(60))]);
  assert.equal(await release(), 0);
});

test('who came, who still has time, who is in a room without the rule and what only begins later is left alone', async () => {
  const [room, other, free] = [
    await newRoom({ checkInMinutes: 10 }),
    await newRoom({ checkInMinutes: 10 }),
    await newRoom({}),
  ];
  const came = await begun(room, 20);
  await desk.done(`/bookings/${came}/check-in`);
  const early = await begun(other, 8);
  const without = await begun(free, 50);
  assert.equal(await release(), 0);
  for (const id of [came, early, without]) assert.equal(await stateOf(id), 'confirmed');
});

test('of a booking that goes on only the line is given back', async () => {
  const room = await newRoom({ checkInMinutes: 10 });
  const id = await begun(room, 15, [room]);
  assert.equal(await release(), 1);
  const { state, lines } = await desk.read(id);
  const cancelled = lines.map(({ cancelledAt }) => cancelledAt !== null);
  assert.deepEqual([state, cancelled], ['confirmed', [true, false]]);
  await desk.held([roomLine(room, inMinutes(1), inMinutes(40))]);
  const query = `from=${encodeURIComponent(inMinutes(-60))}&to=${encodeURIComponent(inMinutes(60))}`;
  const report = await desk.get(`/rooms/reports/bookings?per=month&${query}`);
  const [row] = report.body['data'] as Record<string, number>[];
  assert.ok((row?.['noShows'] ?? 0) >= 1);
  assert.equal(row?.['cancelled'], 0, 'a line given back because nobody came was not cancelled by anybody');
});

test('who checks in while the line is being released wins: what was seen is no longer so', async () => {
  const room = await newRoom({ checkInMinutes: 10 });
  const id = await begun(room, 15);
  const before = await desk.read(id);
  await desk.done(`/bookings/${id}/check-in`);
  const seen = {
    bookingId: id,
    version: before.version,
    lineNos: [1],
    ownedBy: null,
    actor: 'test',
  };
  const outcome = await engine.perform(desk.tenant.id, { verb: 'release', ...seen });
  assert.equal(outcome.result, 'done');
  assert.equal(await stateOf(id), 'confirmed');
});

test('two workers release the same bookings at once: each once', async () => {
  const rooms = await Promise.all([1, 2, 3, 4, 5].map(() => newRoom({ checkInMinutes: 5 })));
  const ids = [];
  for (const room of rooms) ids.push(await begun(room, 30));
  const second = openEngine({ db: desk.web.database.db, log: silentLog, width: 2, guarded: true });
  await Promise.all([release(), releaseNoShows(desk.web.database.db, second), release()]);
  await second.drain();
  for (const id of ids) {
    const { state, version } = await desk.read(id);
    assert.deepEqual([state, version], ['noShow', 3]);
  }
});
