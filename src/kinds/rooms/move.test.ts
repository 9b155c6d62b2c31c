import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FrontDesk, roomLine, type Answer, type Done } from '../../../test/front-desk.ts';

let desk: FrontDesk;
before(async () => (desk = await FrontDesk.open()));
after(() => desk.close());

/** A weekly lecture of six Mondays in a room in Berlin, over the end of summer time. */
async function lectures(start = '2027-10-18T08:00:00+02:00', end = '2027-10-18T09:30:00+02:00') {
  const roomId = await desk.room({ timezone: 'Europe/Berlin' });
  const lines = [{ ...roomLine(roomId, start, end), rrule: 'FREQ=WEEKLY;COUNT=6' }];
  const { id } = await desk.held(lines);
  return {
    roomId,
    move: (body: object) => desk.post(`/bookings/${id}/reschedule`, body),
    cancel: (body: object) => desk.post(`/bookings/${id}/cancel`, body),
    lines,
  };
}

/** Day of the month, month and clock time of each line that stands. */
const times = ({ lines }: Done) =>
  lines.filter(({ cancelledAt }) => cancelledAt === null).map(({ start }) => start.slice(5, 16));
const to = (no: number, start: string, end: string) => ({ no, start, end });

test('this: one occurrence moves and becomes an exception', async () => {
  const { move } = await lectures();
  const moved = await move({ lines: [to(3, '2027-11-02T10:00:00+01:00', '2027-11-02T11:30:00+01:00')] });
  assert.deepEqual(times(moved.body), [
    ...['10-18T08:00', '10-25T08:00', '11-02T10:00', '11-08T08:00', '11-15T08:00', '11-22T08:00'],
  ]);
  assert.deepEqual(
    moved.body.lines.map(({ series }) => series?.exception ?? false),
    [false, false, true, false, false, false],
  );
});

test('following: the same change of the clock for all later ones, across the end of summer time, but not for exceptions', async () => {
  const { move } = await lectures();
  await move({ lines: [to(4, '2027-11-09T10:00:00+01:00', '2027-11-09T11:30:00+01:00')] });
  const body = {
    lines: [to(2, '2027-10-26T14:00:00+02:00', '2027-10-26T16:00:00+02:00')],
    scope: 'following',
  };
  const moved = await move(body);
  assert.deepEqual(times(moved.body), [
    ...['10-18T08:00', '10-26T14:00', '11-02T14:00', '11-09T10:00', '11-16T14:00', '11-23T14:00'],
  ]);
  assert.equal(moved.body.lines[2]?.start, '2027-11-02T14:00:00+01:00');
  assert.deepEqual((await move(body)).body, moved.body, 'asked again it is so already');
});

test('all: the whole series moves by the clock, and exceptions take their place in it again', async () => {
  const { move } = await lectures();
  await move({ lines: [to(4, '2027-11-09T10:00:00+01:00', '2027-11-09T11:30:00+01:00')] });
  const body = { lines: [to(3, '2027-11-01T07:00:00+01:00', '2027-11-01T08:30:00+01:00')], scope: 'all' };
  const moved = await move(body);
  assert.deepEqual(times(moved.body), [
    ...['10-18T07:00', '10-25T07:00', '11-01T07:00', '11-08T07:00', '11-15T07:00', '11-22T07:00'],
  ]);
  assert.ok(moved.body.lines.every(({ series }) => series?.exception === undefined));
  assert.deepEqual((await move(body)).body, moved.body);
});

test('an exception that is named for another room alone hands its own time on to nobody', async () => {
  const other = await lectures();
  const exception = to(4, '2027-11-09T10:00:00+01:00', '2027-11-09T11:30:00+01:00');
  const { move, roomId } = await lectures();
  await move({ lines: [exception] });
  await other.cancel({});
  const away = await move({ lines: [{ no: 4, roomId: other.roomId }], scope: 'following' });
  assert.deepEqual(times(away.body), [
    ...['10-18T08:00', '10-25T08:00', '11-01T08:00', '11-09T10:00', '11-15T08:00', '11-22T08:00'],
  ]);
  assert.deepEqual(
    away.body.lines.map((line) => [line.roomId === roomId, line.series?.exception ?? false]),
    [...[1, 2, 3].map(() => [true, false]), [false, true], [false, false], [false, false]],
  );
  const back = await move({ lines: [{ no: 4, roomId }], scope: 'all' });
  assert.equal(times(back.body)[3], '11-08T08:00', 'with the whole series it takes its place again');
  assert.ok(back.body.lines.every((line) => line.roomId === roomId && line.series?.exception === undefined));
});

test('occurrences may move onto the times of each other, and another room is for all in the scope', async () => {
  const { move } = await lectures();
  const week = await move({
    lines: [to(1, '2027-10-25T08:00:00+02:00', '2027-10-25T09:30:00+02:00')],
    scope: 'all',
  });
  assert.deepEqual(times(week.body).at(-1), '11-29T08:00');
  const { roomId } = await lectures('2028-01-03T08:00:00+01:00', '2028-01-03T09:30:00+01:00');
  const elsewhere = await move({ lines: [{ no: 5, roomId }], scope: 'following' });
  assert.deepEqual(
    elsewhere.body.lines.map((line) => line.roomId === roomId),
    [false, false, false, false, true, true],
  );
});

test('a move that one occurrence cannot make changes nothing', async () => {
  const { move, roomId } = await lectures();
  await desk.held([roomLine(roomId, '2027-11-08T12:00:00+01:00', '2027-11-08T13:00:00+01:00')]);
  const moved = await move({
    lines: [to(1, '2027-10-18T12:00:00+02:00', '2027-10-18T13:30:00+02:00')],
    scope: 'all',
  });
  assert.equal(moved.status, 409);
  const night = [to(1, '2027-10-24T02:30:00+02:00', '2027-10-24T04:00:00+02:00')]; // a week on it is 02:30 twice
  const overlap = await move({ lines: night, scope: 'all' });
  assert.deepEqual([overlap.status, overlap.body.errors[0]?.reason], [422, 'ambiguous_local_time']);
  assert.deepEqual(times((await move({ lines: [{ no: 1 }] })).body)[3], '11-08T08:00');
});

test('a refused move points at the line of the request, whatever its number in the booking', async () => {
  const { move } = await lectures();
  const first = { no: 2, start: '2027-10-25T12:00:00+02:00', end: '2027-10-25T13:00:00+02:00' };
  const pointers = async (no: number, start: string, end: string, scope?: string) => {
    const lines = scope === undefined ? [first, to(no, start, end)] : [to(no, start, end)];
    return (await move({ lines, scope })).body.errors.map(({ pointer }) => pointer);
  };
  const backwards = ['2027-11-02T10:00:00+01:00', '2027-11-02T09:00:00+01:00'] as const;
  assert.deepEqual(await pointers(3, ...backwards), ['/lines/1/end']);
  const gap = ['2027-10-24T02:30:00+02:00', '2027-10-24T04:00:00+02:00'] as const; // line 2 would be at 02:30 twice
  assert.deepEqual(await pointers(1, ...gap, 'all'), ['/lines/0/start']);
});

test('a series keeps the clock it was promised by when the room gets another zone', async () => {
  const { move, roomId } = await lectures();
  const changed = await desk.patch(`/rooms/${roomId}`, { timezone: 'America/New_York' });
  assert.equal(changed.status, 200);
  const moved = await move({
    lines: [to(1, '2027-10-18T09:00:00+02:00', '2027-10-18T10:30:00+02:00')],
    scope: 'all',
  });
  assert.equal(moved.body.lines[5]?.start, '2027-11-22T09:00:00+01:00');
  assert.equal(moved.body.lines[5]?.series?.timezone, 'Europe/Berlin');
});

test('cancelling is for this, the following or all occurrences, exceptions too, and asked again answers the same', async () => {
  const { move, cancel, lines } = await lectures();
  await move({ lines: [to(5, '2027-11-16T10:00:00+01:00', '2027-11-16T11:30:00+01:00')] });
  const one = await cancel({ lines: [2] });
  assert.equal(times(one.body).length, 5);
  const rest = await cancel({ lines: [4], scope: 'following' });
  assert.deepEqual(times(rest.body), ['10-18T08:00', '11-01T08:00']);
  assert.deepEqual((await cancel({ lines: [4], scope: 'following' })).body, rest.body);
  const all = await cancel({ lines: [1], scope: 'all' });
  assert.equal(all.body.state, 'cancelled');
  assert.deepEqual((await cancel({ lines: [1], scope: 'all' })).body, all.body);
  assert.equal((await desk.hold(lines)).status, 201, 'all of the time is free again');
});

test('what makes no sense of a series is refused', async () => {
  const { move, cancel } = await lectures();
  const reasonOf = ({ status, body }: Answer) => [status, body.errors[0]?.reason];
  assert.deepEqual(reasonOf(await cancel({ scope: 'following' })), [422, 'missing_field']);
  assert.deepEqual(reasonOf(await cancel({ lines: [1], scope: 'some' })), [422, 'invalid_value']);
  assert.deepEqual(reasonOf(await cancel({ lines: [7], scope: 'all' })), [422, 'unknown_line']);
  assert.deepEqual(reasonOf(await move({ lines: [{ no: 1, rrule: 'FREQ=DAILY;COUNT=2' }] })), [
    422,
    'unknown_field',
  ]);
  assert.deepEqual(reasonOf(await move({ lines: [{ no: 1, series: {} }] })), [422, 'unknown_field']);
  const both = { lines: [{ no: 1 }, { no: 2 }], scope: 'following' };
  assert.deepEqual(reasonOf(await move(both)), [422, 'duplicate_item']);
});
