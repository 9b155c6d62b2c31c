import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admission, BoxOffice, faults, seatLine, type OnSale } from '../../../test/box-office.ts';

let office: BoxOffice;
before(async () => {
  office = await BoxOffice.open();
});
after(() => office.close());

interface Ground {
  event: OnSale;
  seats: string[];
  /** Another event of the company, and one of another company. */
  other: OnSale;
  foreign: OnSale & { seat: string | undefined };
}
const NOBODY = '00000000-0000-7000-8000-000000000000';
const bad: readonly [string, (ground: Ground) => object[], number, string][] = [
  [
    'the same seat twice',
    ({ event, seats }) => [seatLine(event, seats[0], seats[0])],
    422,
    '/lines/0/seatIds duplicate_item',
  ],
  [
    'the same seat in two lines',
    ({ event, seats }) => [seatLine(event, seats[0]), seatLine(event, seats[1], seats[0])],
    422,
    '/lines/1/seatIds/1 duplicate_item',
  ],
  ['no seats', ({ event }) => [seatLine(event)], 422, '/lines/0/seatIds too_few_items'],
  [
    'more seats than a line may have',
    ({ event }) => [seatLine(event, ...Array.from({ length: 51 }, (_, i) => NOBODY.slice(0, -2) + (10 + i)))],
    422,
    '/lines/0/seatIds too_many_items',
  ],
  [
    'a seat that is no id',
    ({ event }) => [seatLine(event, 'A1')],
    422,
    '/lines/0/seatIds/0 invalid_reference',
  ],
  ['an unknown seat', ({ event }) => [seatLine(event, NOBODY)], 404, '/lines/0/seatIds/0 invalid_reference'],
  [
    'a seat behind the last',
    ({ event, seats }) => [seatLine(event, seats.at(-1)?.replace(/14$/, '15'))],
    404,
    '/lines/0/seatIds/0 invalid_reference',
  ],
  [
    'a section for a seat',
    ({ event }) => [seatLine(event, event.section('Stalls'))],
    404,
    '/lines/0/seatIds/0 invalid_reference',
  ],
  [
    'a seat of another event',
    ({ seats, other }) => [seatLine(other, seats[0])],
    404,
    '/lines/0/seatIds/0 invalid_reference',
  ],
  [
    "another company's event",
    ({ event, seats, foreign }) => [{ ...seatLine(event, seats[0]), eventId: foreign.id }],
    404,
    '/lines/0/eventId invalid_reference',
  ],
  [
    "another company's seat",
    ({ event, foreign }) => [seatLine(event, foreign.seat)],
    404,
    '/lines/0/seatIds/0 invalid_reference',
  ],
  [
    'a section of another event',
    ({ event, other }) => [{ ...admission(event, 'Floor', 1), eventId: other.id }],
    404,
    '/lines/0/sectionId invalid_reference',
  ],
  ['no places', ({ event }) => [admission(event, 'Floor', 0)], 422, '/lines/0/quantity out_of_range'],
  ['10^9 places', ({ event }) => [admission(event, 'Floor', 1e9)], 422, '/lines/0/quantity out_of_range'],
  ['half a place', ({ event }) => [admission(event, 'Floor', 0.5)], 422, '/lines/0/quantity invalid_number'],
  [
    'places where seats are numbered',
    ({ event }) => [admission(event, 'Stalls', 1)],
    422,
    '/lines/0/sectionId seats_numbered',
  ],
  [
    'a price of its own',
    ({ event }) => [{ ...admission(event, 'Floor', 1), unitPriceMinor: 0 }],
    422,
    '/lines/0/unitPriceMinor unknown_field',
  ],
  [
    'an unknown kind among good ones',
    ({ event, seats }) => [seatLine(event, seats[0]), { ...admission(event, 'Floor', 1), kind: 'boat' }],
    422,
    '/lines/1/kind invalid_value',
  ],
];

for (const [what, lines, status, fault] of bad)
  test(`a hold with ${what} is refused, and nothing is held`, async () => {
    const [event, other] = [await office.event(), await office.event()];
    const [seats, foreign] = [await office.seats(event), await foreignEvent()];
    const answer = await office.hold(...lines({ event, seats, other, foreign }));
    assert.deepEqual([answer.status, faults(answer)], [status, [fault]], answer.text);
    for (const each of [event, other])
      assert.deepEqual(await office.available(each), { Floor: 50, Stalls: 20 });
  });

let elsewhere: Promise<OnSale & { seat: string | undefined }> | undefined;
/** An event on sale in another company on the same server, with one of its seats. */
function foreignEvent() {
  elsewhere ??= office.neighbour().then(async (neighbour) => {
    const event = await neighbour.event();
    return { ...event, seat: (await neighbour.seats(event))[0] };
  });
  return elsewhere;
}
