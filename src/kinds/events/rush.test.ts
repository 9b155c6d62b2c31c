import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admission, BoxOffice, seatLine, type Answer } from '../../../test/box-office.ts';

const BUYERS = 200;

let office: BoxOffice;
before(async () => {
  office = await BoxOffice.open();
});
after(() => office.close());

/** Lets every buyer ask at the same moment; those who got something, after all others were cleanly refused. */
async function rush(lines: (buyer: number) => object[]): Promise<Answer[]> {
  const answers = await Promise.all(
    Array.from({ length: BUYERS }, (_, buyer) => office.hold(...lines(buyer))),
  );
  const lost = answers.filter(({ status, body }) => status === 409 && body.code === 'capacity_unavailable');
  const won = answers.filter(({ status }) => status === 201);
  assert.equal(won.length + lost.length, BUYERS, 'every answer is a clean 201 or 409');
  return won;
}

function seatsOf(answers: readonly Answer[]): string[] {
  return answers.flatMap(({ body }) =>
    (body['lines'] as { seatIds?: string[] }[]).flatMap((line) => line.seatIds ?? []),
  );
}

test('of 200 buyers of 50 standing places exactly 50 get one', async () => {
  const event = await office.event();
  assert.equal((await rush(() => [admission(event, 'Floor', 1)])).length, 50);
  assert.deepEqual(await office.available(event), { Floor: 0, Stalls: 20 });
});

test('of 200 buyers of 20 seats each seat goes to exactly one', async () => {
  const event = await office.event();
  const seats = await office.seats(event);
  const won = await rush((buyer) => [seatLine(event, seats[(buyer * 7) % seats.length])]);
  assert.deepEqual(seatsOf(won).sort(), [...seats].sort());
  assert.deepEqual(await office.available(event), { Floor: 50, Stalls: 0 });
});

test('of 200 buyers of overlapping pairs none shares a seat, and no free pair that was asked for is refused', async () => {
  const event = await office.event();
  const seats = await office.seats(event);
  const pair = (buyer: number) => [seats[buyer % 19], seats[(buyer % 19) + 1]];
  const won = await rush((buyer) => [seatLine(event, ...pair(buyer * 5)), admission(event, 'Floor', 1)]);
  const sold = new Set(seatsOf(won));
  assert.equal(sold.size, 2 * won.length, 'no seat is in two bookings');
  for (let buyer = 0; buyer < 19; buyer++) assert.ok(pair(buyer).some((seat) => sold.has(seat ?? '')));
  assert.deepEqual(await office.available(event), { Floor: 50 - won.length, Stalls: 20 - sold.size });
});

test('the catalogue that changes in a rush sends nobody away: each pays the price of its moment', async () => {
  const event = await office.event();
  const buyers = rush(() => [admission(event, 'Floor', 1)]);
  const raised = await office.patch(`/events/${event.id}`, {
    prices: [{ section: 'Floor', amountMinor: 2_000 }],
  });
  assert.equal(raised.status, 200, raised.text);
  const won = await buyers;
  assert.equal(won.length, 50);
  assert.ok(won.every(({ body }) => [1_000, 2_000].includes(Number(body['totalMinor']))));
  const last = await office.event();
  await office.patch(`/events/${last.id}`, { prices: [{ section: 'Floor', amountMinor: 3_000 }] });
  assert.equal((await office.hold(admission(last, 'Floor', 1))).body['totalMinor'], 3_000);
});

test('afterwards every promise of the doctor holds', async () => {
  assert.deepEqual(await office.broken(), []);
});
