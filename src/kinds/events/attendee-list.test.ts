import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  admission,
  BoxOffice,
  faults,
  seatLine,
  type Answer,
  type OnSale,
} from '../../../test/box-office.ts';
import type { Attendee } from './attendee-schema.ts';

const HALL = [
  { name: 'Floor', kind: 'standing', capacity: 100 },
  {
    name: 'Stalls',
    kind: 'seated',
    rows: [
      { name: 'A', seats: 3 },
      { name: 'B', seats: 4 },
    ],
  },
  { name: 'Roof', kind: 'standing', capacity: 10 },
];

let office: BoxOffice;
let event: OnSale;
let seats: string[];
/** Ada's places, and Ben's with his tickets. */
let ada: Answer;
let ben: Answer;

before(async () => {
  office = await BoxOffice.open();
  event = await office.event({ venueId: await office.venue(HALL) });
  seats = await office.seats(event);
  const client = async (firstName: string, lastName: string, email: string) =>
    String((await office.post('/clients', { firstName, lastName, email })).body['id']);
  const [one, two] = [
    await client('Ada', 'Lovelace', 'Ada@Example.org'),
    await client('Ben', 'Nevis', 'ben@example.org'),
  ];
  await office.post('/discount-codes', { code: 'OFF', amountMinor: 1_001 });
  ada = await office.sold(
    [admission(event, 'Floor', 3), seatLine(event, seats[4], seats[1])],
    { clientId: one, discountCode: 'OFF' },
    'admin',
  );
  ben = await office.sold(
    [seatLine(event, seats[6]), admission(event, 'Floor', 1)],
    { clientId: two },
    'admin',
  );
  await office.sold([admission(event, 'Roof', 2), admission(event, 'Floor', 2)]);
  await office.hold(admission(event, 'Floor', 7), seatLine(event, seats[0])); // held is not sold
  const gone = await office.sold([admission(event, 'Roof', 1)]);
  await office.post(`/bookings/${String(gone.body['id'])}/cancel`);
});
after(() => office.close());

const ask = (query = '') => office.get(`/events/${event.id}/attendees${query}`);
async function listed(query = ''): Promise<Attendee[]> {
  const answer = await ask(query);
  assert.equal(answer.status, 200, answer.text);
  return answer.body['data'] as Attendee[];
}
const told = ({ section, row, number, reference }: Attendee) => [section, row, number, reference];
const of = ({ body }: Answer) => String(body['reference']);
const named = async (text: string) => (await listed(`?search=${encodeURIComponent(text)}`)).map(told);

test('a list of attendees has one entry for each place sold, in the order of sections, seats and bookings', async () => {
  const all = await listed();
  const other = all.at(-1)?.reference;
  assert.deepEqual(all.map(told), [
    ...Array.from({ length: 3 }, () => ['Floor', null, null, of(ada)]),
    ['Floor', null, null, of(ben)],
    ...Array.from({ length: 2 }, () => ['Floor', null, null, other]),
    ['Stalls', 'A', 2, of(ada)],
    ['Stalls', 'B', 2, of(ada)],
    ['Stalls', 'B', 4, of(ben)],
    ...Array.from({ length: 2 }, () => ['Roof', null, null, other]),
  ]);
  const client = { firstName: 'Ada', lastName: 'Lovelace', email: 'Ada@Example.org' };
  const { ticketId, seatId, line, ...rest } = all[6] ?? assert.fail();
  const found = (await office.tickets(ada.body['id'])).find((ticket) => ticket.seatId === seatId);
  assert.deepEqual([ticketId, seatId, line], [found?.id, seats[1], 2]);
  assert.deepEqual(
    [rest.client, rest.holder, rest.clientId, rest.state, rest.checkedInAt, rest.unitPriceMinor],
    [client, null, ada.body['clientId'], 'confirmed', null, 1_000],
  );
});

test('what was paid for the places of a line is what the line cost, to the last unit, in list and file alike', async () => {
  const lines = ada.body['lines'] as { no: number; totalMinor: number }[];
  const sums = (rows: readonly { reference: string; line: unknown; paidMinor: unknown }[]) =>
    lines.map(({ no }) =>
      rows
        .filter(({ reference, line }) => reference === of(ada) && Number(line) === no)
        .reduce((sum, { paidMinor }) => sum + Number(paidMinor), 0),
    );
  const paid = lines.map(({ totalMinor }) => totalMinor);
  assert.ok(
    paid.some((total, i) => total % (i === 0 ? 3 : 2) !== 0),
    'nothing is left over that could be lost',
  );
  const all = await listed();
  assert.deepEqual(sums(all), paid);
  const { text } = await office.get(`/events/${event.id}/attendees/export?format=ndjson`);
  const file = text
    .split('\n')
    .slice(0, -2)
    .map((line) => JSON.parse(line) as { reference: string; line: number; paidMinor: number });
  assert.deepEqual(sums(file), paid);
  assert.deepEqual(
    file.map(({ paidMinor }) => paidMinor),
    all.map(({ paidMinor }) => paidMinor),
  );
});

test('cursors lead through every place once, whatever the page ends with; pages by number come with totals', async () => {
  const all = await listed();
  for (const search of ['', '&search=ada']) {
    const wanted = search === '' ? all : await listed('?search=ada');
    for (const limit of [1, 2, 4, 100]) {
      const seen: Attendee[] = [];
      for (let cursor = ''; ;) {
        const { body } = await ask(`?limit=${limit}${search}${cursor && `&cursor=${cursor}`}`);
        seen.push(...(body['data'] as Attendee[]));
        assert.ok(seen.length <= wanted.length, 'a page begins where the one before ended');
        const { nextCursor, hasNext } = body['pagination'] as { nextCursor: string | null; hasNext: boolean };
        assert.equal(hasNext, nextCursor !== null);
        if (nextCursor === null) break;
        cursor = nextCursor;
      }
      assert.deepEqual(seen, wanted, `${limit} at a time${search}`);
    }
    const second = (await ask(`?limit=4&page=2${search}`)).body;
    assert.deepEqual(second['data'], wanted.slice(4, 8));
    const { total, totalPages } = second['pagination'] as Record<string, number>;
    assert.deepEqual([total, totalPages], [wanted.length, Math.ceil(wanted.length / 4)]);
  }
  assert.deepEqual(await listed('?fields=section&limit=1'), [{ section: 'Floor' }]);
});

test('people are found by reference, e-mail and name, and so is whoever was given a ticket', async () => {
  const adas = [
    ...Array.from({ length: 3 }, () => ['Floor', null, null, of(ada)]),
    ['Stalls', 'A', 2, of(ada)],
    ['Stalls', 'B', 2, of(ada)],
  ];
  const whole = ['Ada Lovelace', 'LOVELACE ada', 'ada l'];
  for (const text of [of(ada).toLowerCase(), 'ada@example.org', 'ADA', 'lovel', 'Lovelace', ...whole])
    assert.deepEqual(await named(text), adas, text);
  for (const text of ['ovelace', 'da Lovelace', 'Ada ovelace', 'Ada Nevis'])
    assert.deepEqual(await named(text), [], text);
  assert.deepEqual(await named(of(ada).slice(0, -1)), []);
  const ticket = (await office.tickets(ben.body['id'])).find(({ seatId }) => seatId === null);
  const cleo = { firstName: 'Cleo', lastName: 'Adams', email: 'cleo@example.org' };
  const given = await office.post(`/tickets/${ticket?.id}/transfer`, cleo);
  assert.equal(given.status, 200, given.text);
  for (const text of ['cleo', 'adams', 'CLEO@example', 'cleo adams', 'Adams Cleo'])
    assert.deepEqual(await named(text), [['Floor', null, null, of(ben)]], text);
  assert.deepEqual((await named('ben')).length, 2, 'who booked is found by all that he booked');
  const scanned = await office.post(`/events/${event.id}/check-in`, { token: given.body['token'] });
  const [place] = await listed('?search=cleo');
  assert.deepEqual([place?.holder, place?.checkedInAt], [cleo, scanned.body['usedAt']]);
  const elsewhere = await office.event();
  assert.deepEqual((await office.get(`/events/${elsewhere.id}/attendees?search=ada`)).body['data'], []);
});

test('a list of attendees is for staff, of an event that there is', async () => {
  const path = `/events/${event.id}/attendees`;
  assert.equal((await office.ask('GET', path, { by: 'client' })).body.code, 'forbidden');
  assert.equal((await office.ask('GET', path, { by: 'public' })).body.code, 'unauthenticated');
  assert.equal((await (await office.neighbour()).get(path)).body.code, 'not_found');
  const { nextCursor } = (await ask('?limit=1')).body['pagination'] as { nextCursor: string };
  const elsewhere = await office.event();
  const foreign = await office.get(`/events/${elsewhere.id}/attendees?cursor=${nextCursor}`);
  assert.deepEqual([foreign.body.code, faults(foreign)], ['malformed', ['?cursor invalid_cursor']]);
  assert.deepEqual(faults(await ask(`?page=1&cursor=${nextCursor}`)), ['?page invalid_parameter']);
  assert.deepEqual(faults(await ask('?limit=101')), ['?limit invalid_parameter']);
});
