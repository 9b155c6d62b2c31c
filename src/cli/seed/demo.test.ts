import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { testApp } from '../../../test/app.ts';
import { openClient, type Call } from '../client.ts';
import { seedDemo } from './demo.ts';
import { demoRooms, demoWeek } from './university.ts';

const world = await testApp();
const url = await world.app.listen({ port: 0, host: '127.0.0.1' });
after(() => world.close());

async function demoTenant(): Promise<Call> {
  const { tenant, keys } = await world.tenantWith('admin');
  const client = openClient({ url, tenant: tenant.slug, key: keys[0] ?? '', connections: 16 });
  after(() => client.close());
  return client.call;
}

test('the demo is a university with rooms of every kind and a full week without collisions', () => {
  const week = demoWeek();
  assert.ok(demoRooms.length >= 35 && demoRooms.length <= 45);
  assert.ok(week.length >= 150 && week.length <= 250, `${week.length} bookings`);
  assert.equal(new Set(demoRooms.map((room) => room.building)).size, 5);
  const minuteOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  for (const one of week)
    for (const other of week)
      if (one !== other && one.room === other.room && one.day === other.day)
        assert.ok(
          minuteOf(one.from) + one.minutes <= minuteOf(other.from) ||
            minuteOf(other.from) + other.minutes <= minuteOf(one.from),
          `${one.room.name}, day ${one.day}: ${one.from} and ${other.from}`,
        );
});

test('seeding fills an empty tenant, and seeding again changes nothing', async () => {
  const call = await demoTenant();
  const now = Date.now();
  const first = await seedDemo(call, now);
  assert.equal(first.rooms, demoRooms.length);
  assert.equal(first.booked, demoWeek().length);
  const again = await seedDemo(call, now);
  assert.deepEqual(again, { ...first, booked: 0 });
});

test('another week is added when it comes near, and what visitors booked stays theirs', async () => {
  const call = await demoTenant();
  const now = Date.now();
  const { free } = await seedDemo(call, now);
  assert.ok(free);
  const { roomId, start, end } = free;
  const hold = () => call('POST', '/holds', { lines: [{ kind: 'room', roomId, start, end }] });
  assert.equal((await hold()).status, 201);
  assert.equal((await hold()).status, 409);
  const next = await seedDemo(call, now + 7 * 86_400_000);
  assert.ok(next.booked >= demoWeek().length - 1);
  assert.ok(next.free && next.free.start !== start);
});

test('a week that was left half done is completed', async () => {
  const call = await demoTenant();
  let holds = 0;
  const ended: Call = (method, path, ...rest) =>
    path === '/holds' && ++holds > 50 ? Promise.reject(new Error('ended')) : call(method, path, ...rest);
  await assert.rejects(seedDemo(ended, Date.now()), { message: 'ended' });
  await seedDemo(call, Date.now());
  const confirmed = await call('GET', '/bookings?state=confirmed&page=1&limit=1');
  const { pagination } = confirmed.body as { pagination: { total: number } };
  assert.equal(pagination.total, demoWeek().length);
});
