import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { testApp } from '../../../test/app.ts';
import { examine } from '../../engine/examine.ts';
import { promises } from '../../kinds/index.ts';
import { asOwner } from '../../platform/migrate.ts';
import { openClient, type Call } from '../client.ts';
import { momentOfWeek, mondayAhead, withOffset } from '../week.ts';
import { countOccupied } from './occupied.ts';
import { countOnClock } from './on-clock.ts';
import { readReplay, replayTimetable, type ReplayTools } from './timetable.ts';

const college = fileURLToPath(new URL('../../../test/data/college.ectt', import.meta.url));
const timezone = 'Europe/Berlin';
const monday = mondayAhead(Date.now(), timezone, 7);

const world = await testApp();
const url = await world.app.listen({ port: 0, host: '127.0.0.1' });
const folder = await mkdtemp(join(tmpdir(), 'holdfast-replay-'));
after(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

/** Every invariant but the one that the test cluster breaks on purpose: it waits for no disk. */
function doctor(): Promise<boolean> {
  return asOwner(world.database.ownerUrl, async (owner) => {
    for await (const { id, broken } of examine(owner, promises))
      if (broken > 0 && id !== 'durability-is-on') return false;
    return true;
  });
}

/** A tenant of its own on the running server, and what a replay prints on it. */
async function desk() {
  const { tenant, keys } = await world.tenantWith('admin');
  const client = openClient({ url, tenant: tenant.slug, key: keys[0] ?? '', connections: 4 });
  after(() => client.close());
  const printed: string[] = [];
  const tools: ReplayTools = {
    call: client.call,
    countOnClock: (...asked) => countOnClock(world.database.db, tenant.id, ...asked),
    countOccupied: (...week) => countOccupied(world.database.db, tenant.id, ...week),
    doctor,
    print: (line) => printed.push(line),
    progress: { write: () => true },
  };
  const replay = async (more: Partial<ReplayTools> = {}, term: { weeks?: number; week?: string } = {}) => {
    const options = { file: college, timezone, concurrency: 4, weeks: 1, ...term };
    printed.length = 0;
    const whole = await replayTimetable(await readReplay(options, Date.now()), { ...tools, ...more });
    return { whole, printed: printed.map((line) => line.replace(/^\d+ bookings.*/, 'rate and times')) };
  };
  return { tenant, call: tools.call, replay };
}

async function bookings(call: Call): Promise<unknown[]> {
  return ((await call('GET', '/bookings?limit=100')).body as { data: unknown[] }).data;
}

test('a timetable is planned, booked and proven, and a second run changes nothing', async () => {
  const { call, replay } = await desk();
  assert.deepEqual(await replay(), {
    whole: true,
    printed: [
      `college, week of ${monday} in Europe/Berlin.`,
      'Planned 9 of 10 lectures into the week.',
      '  refused, no_room_large_enough: 1 (Ethics/1)',
      '4 rooms: 4 created, the others were there.',
      'Booked 9 lectures (9 now, 0 by an earlier run); the server refused 0.',
      'rate and times',
      'Rooms taken for 13.5 h in 2 rooms, counted in the database.',
      '  Every room is taken exactly as long as it was booked.',
    ],
  });
  const first = await bookings(call);
  assert.equal(first.length, 9);

  const again = await replay();
  assert.ok(again.whole);
  assert.deepEqual(again.printed.slice(3, 5), [
    '4 rooms: 0 created, the others were there.',
    'Booked 9 lectures (0 now, 9 by an earlier run); the server refused 0.',
  ]);
  assert.deepEqual(await bookings(call), first);
});

test('what somebody else booked before is theirs, and told', async () => {
  const { call, replay } = await desk();
  const room = await call('POST', '/rooms', { name: 'Aula', building: 'Building Main', capacity: 60 });
  const { id: roomId } = room.body as { id: string };
  const eleven = (minutes: number) =>
    withOffset(momentOfWeek(monday, 0, '11:00', minutes, timezone), timezone);
  const line = { kind: 'room', roomId, start: eleven(0), end: eleven(15) };
  const hold = await call('POST', '/holds', { lines: [line] });
  await call('POST', `/bookings/${(hold.body as { id: string }).id}/confirm`);

  const { whole, printed } = await replay();
  assert.ok(whole);
  assert.ok(printed.includes('Booked 8 lectures (8 now, 0 by an earlier run); the server refused 1.'));
  assert.ok(
    printed.some((line) => line.startsWith('  refused, capacity_unavailable: 1 (Algebra/2): Somebody')),
  );
  assert.ok(printed.includes('  Other bookings of this tenant take 0.3 h more of that week.'));
});

test('a run that was ended between hold and confirm is finished by the next', async () => {
  const { call, replay } = await desk();
  await assert.rejects(
    replay({
      call: (method, path, ...rest) =>
        path.endsWith('/confirm') ? Promise.reject(new Error('killed')) : call(method, path, ...rest),
    }),
    { message: 'killed' },
  );
  const { whole, printed } = await replay();
  assert.ok(whole);
  assert.ok(printed.includes('Booked 9 lectures (9 now, 0 by an earlier run); the server refused 0.'));
});

test('holds that have expired since an earlier run are made anew', async () => {
  const { tenant, call, replay } = await desk();
  const kill: Call = (method, path, ...rest) =>
    path.endsWith('/confirm') ? Promise.reject(new Error('killed')) : call(method, path, ...rest);
  await assert.rejects(replay({ call: kill }));
  await asOwner(world.database.ownerUrl, async (owner) => {
    const past = `set expires_at = now() - interval '1 second' where tenant_id = $1`;
    await owner.query(`update engine.booking ${past}`, [tenant.id]);
    await owner.query(`update engine.interval_claim ${past}`, [tenant.id]);
  });
  const { whole, printed } = await replay();
  assert.ok(whole, printed.join('\n'));
  assert.ok(printed.includes('Booked 9 lectures (9 now, 0 by an earlier run); the server refused 0.'));
  assert.ok(
    (await replay()).printed.includes(
      'Booked 9 lectures (0 now, 9 by an earlier run); the server refused 0.',
    ),
  );
});

test('a database that tells another story than the API fails the replay', async () => {
  const { replay } = await desk();
  const { whole, printed } = await replay({ countOccupied: async () => [] });
  assert.equal(whole, false);
  assert.ok(printed.includes('  DIFFERENT: Aula in Building Main is booked for 6.0 h, but taken for 0.0 h.'));
});

/** A term that is ahead and over the end of summer time. */
const term = { weeks: 6, week: '2030-10-07' };

test('a term is booked as weekly series, each at its time of the clock before and after the clocks change', async () => {
  const { replay, call } = await desk();
  const { whole, printed } = await replay({}, term);
  assert.ok(whole, printed.join('\n'));
  assert.deepEqual(printed.slice(4), [
    'Booked 9 lectures (9 now, 0 by an earlier run); the server refused 0.',
    'rate and times',
    'Rooms taken for 81.0 h in 2 rooms, counted in the database.',
    '  Every room is taken exactly as long as it was booked.',
    '54 occurrences, counted in the database: 27 at UTC+02:00, 27 at UTC+01:00.',
    '  Every series takes place in each of 6 weeks at the same time of the clock.',
  ]);
  const first = await bookings(call);
  const again = await replay({}, term);
  assert.equal(again.printed[4], 'Booked 9 lectures (0 now, 9 by an earlier run); the server refused 0.');
  assert.deepEqual(await bookings(call), first);
});

test('a series that slips by an hour with the clocks fails the replay', async () => {
  const { replay, tenant } = await desk();
  const { whole, printed } = await replay(
    { countOnClock: (ids) => countOnClock(world.database.db, tenant.id, ids, 'UTC') },
    term,
  );
  assert.equal(whole, false);
  assert.equal(
    printed.at(-1),
    '  DIFFERENT: 9 series do not take place once in each of 6 weeks at their time.',
  );
});

test('a broken invariant fails the replay', async () => {
  const { replay } = await desk();
  assert.equal((await replay({ doctor: async () => false })).whole, false);
});

test('rooms of another size are no rooms of this timetable', async () => {
  const { call, replay } = await desk();
  await call('POST', '/rooms', { name: 'Hall', building: 'Building Main', capacity: 5 });
  await assert.rejects(replay(), {
    message:
      'The tenant already has a room Hall in Building Main, with 5 seats instead of 120. ' +
      'Replay this file into another tenant with --tenant.',
  });
});

test('a wrong key is told in one sentence', async () => {
  const { tenant, replay } = await desk();
  const { call } = openClient({ url, tenant: tenant.slug, key: 'hf_wrong', connections: 1 });
  await assert.rejects(
    replay({ call }),
    /^Error: The server does not accept this tenant and key \(401 unauthenticated\)\. Check the key, and /,
  );
  const other = await world.tenantWith('client');
  const client = openClient({ url, tenant: other.tenant.slug, key: other.keys[0] ?? '', connections: 1 });
  await assert.rejects(
    replay({ call: client.call }),
    /^Error: The server refused to create the room \w+ \(403 forbidden\): /,
  );
});

const refusals: readonly [string, object, RegExp][] = [
  ['a file that is not there', { file: '/nowhere.ectt' }, /^There is no file \/nowhere\.ectt\.$/],
  ['a folder', { file: tmpdir() }, /cannot be read: EISDIR/],
  [
    'a zone that does not exist',
    { timezone: 'Mars' },
    /^Mars is no time zone; write one like Europe\/Berlin\.$/,
  ],
  ['a week that begins on a Tuesday', { week: '2030-01-01' }, /^2030-01-01 is no Monday/],
  ['a week that is over', { week: '2020-01-06' }, /^The week of 2020-01-06 has begun or is over/],
  ['no weeks', { weeks: 0 }, /^The weeks must be a whole number from 1 to 53\.$/],
  ['no concurrency', { concurrency: 0 }, /^The concurrency must be a whole number from 1 to 256\.$/],
];
for (const [what, options, message] of refusals)
  test(`${what} is refused in one sentence`, () =>
    assert.rejects(
      readReplay({ file: college, timezone, concurrency: 4, weeks: 1, ...options }, Date.now()),
      (error: Error) => message.test(error.message),
    ));

test('a file that is cut off, or has more periods than a day, is refused', async () => {
  const file = join(folder, 'cut.ectt');
  await writeFile(file, 'Name: cut\nCourses: 3\n');
  const options = { file, timezone, concurrency: 1, weeks: 1 };
  await assert.rejects(readReplay(options, Date.now()), {
    message:
      `${file} is no complete timetable in the .ectt format: ` +
      'line 2: the file ends here, but Rooms: is still missing: it is cut off.',
  });
  const header = 'Name: x\nCourses: 0\nRooms: 0\nDays: 1\nPeriods_per_day: 17\nCurricula: 0\n';
  const empty = 'Min_Max_Daily_Lectures: 1 1\nUnavailabilityConstraints: 0\nRoomConstraints: 0\n';
  const sections = 'COURSES:\nROOMS:\nCURRICULA:\nUNAVAILABILITY_CONSTRAINTS:\nROOM_CONSTRAINTS:\nEND.\n';
  await writeFile(file, header + empty + sections);
  await assert.rejects(readReplay(options, Date.now()), {
    message: `${file} has 17 periods a day; of 90 minutes only 16 fit into a day.`,
  });
});
