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
import { asOwner } from '../../platform/migrate.ts';

let office: BoxOffice;
before(async () => {
  office = await BoxOffice.open();
});
after(() => office.close());

const at = ({ body }: Answer) => `/bookings/${String(body['id'])}`;
const by = (who: 'client' | 'other', path: string, body: object = {}) =>
  office.ask('POST', path, { by: who, body });

const sold = (...lines: readonly object[]) => office.sold(lines);

/** The changes of a type that tell of an event, as `[bookingId, payload]`. */
function changes(type: string, event: OnSale) {
  return asOwner(office.web.database.ownerUrl, async (client) => {
    await client.query('select engine.set_tenant($1)', [office.tenant.id]);
    const { rows } = await client.query<{ booking_id: string; payload: object }>(
      'select booking_id, payload from engine.change where type = $1 and $2 = any (resource_ids) order by booking_id',
      [type, event.id],
    );
    return rows.map(({ booking_id, payload }) => [booking_id, payload] as const);
  });
}

test('cancelling ends the holds, says who still has places, and tells each of them', async () => {
  const event = await office.event();
  const [first, second] = await office.seats(event);
  const confirmed = await sold(seatLine(event, first, second), admission(event, 'Floor', 3));
  const { id, reference } = confirmed.body;
  const held = await office.hold(admission(event, 'Floor', 1));
  for (const times of [1, 2]) {
    const { body } = await office.post(`/events/${event.id}/cancel`, { reason: 'Rain' });
    const one = { bookingId: id, reference, state: 'confirmed', places: 5 };
    assert.deepEqual(
      [body['state'], body['affected']],
      ['cancelled', { bookings: 1, places: 5, first: [one] }],
      `${times}`,
    );
  }
  const late = await office.post(`${at(held)}/confirm`);
  assert.deepEqual([late.status, late.body.code], [410, 'hold_expired']);
  assert.deepEqual(await changes('booking.eventCancelled', event), [
    [id, { eventId: event.id, reason: 'Rain' }],
  ]);
  assert.deepEqual(await office.broken(), []);
});

test('a hold of another thing ends with it: a booking is kept whole or not at all', async () => {
  const [event, stays] = [await office.event(), await office.event()];
  const held = await office.hold(admission(event, 'Floor', 1), admission(stays, 'Floor', 50));
  await office.post(`/events/${event.id}/cancel`);
  assert.equal((await office.post(`${at(held)}/confirm`)).status, 410);
  assert.equal((await office.hold(admission(stays, 'Floor', 50))).status, 201);
  assert.deepEqual(await office.broken(), []);
});

test('no sale slips in behind a cancellation: what is confirmed is what the cancellation says', async () => {
  const venueId = await office.venue([{ name: 'Floor', kind: 'standing', capacity: 500 }]);
  const event = await office.event({ venueId });
  const holds = await Promise.all(
    Array.from({ length: 100 }, () => office.hold(admission(event, 'Floor', 1))),
  );
  const confirming = holds.map((held) => office.post(`${at(held)}/confirm`));
  const late = Array.from({ length: 50 }, () => office.hold(admission(event, 'Floor', 1)));
  await Promise.any(confirming); // the rush is on
  const [cancelled, ...ends] = await Promise.all([office.post(`/events/${event.id}/cancel`), ...confirming]);
  const confirmed = ends.filter(({ status }) => status === 200).length;
  const { bookings, places } = cancelled.body['affected'] as { bookings: number; places: number };
  assert.deepEqual([bookings, places], [confirmed, confirmed]);
  assert.deepEqual(
    ends.filter(({ status }) => status !== 200 && status !== 410).map(({ text }) => text),
    [],
  );
  const refused = (await Promise.all(late)).filter(({ status }) => status !== 201);
  assert.ok(refused.every((hold) => faults(hold)[0] === '/lines/0/eventId event_cancelled'));
  assert.deepEqual(await office.available(event), { Floor: 500 - confirmed });
});

test('an event that is put off keeps its bookings, lists them and tells each of them', async () => {
  const event = await office.event({ endsAt: '2030-05-06T20:00:00Z' });
  const { id } = (await sold(admission(event, 'Floor', 2))).body;
  const held = await office.hold(admission(event, 'Floor', 1));
  const renamed = await office.patch(`/events/${event.id}`, { name: 'Encore' });
  assert.equal(renamed.body['affected'], undefined, 'its times are what they were');
  const to = { startsAt: '2030-06-06T18:00:00.000Z', endsAt: '2030-06-06T20:00:00.000Z' };
  const changed = await office.patch(`/events/${event.id}`, to);
  assert.equal(changed.status, 200, changed.text);
  const { bookings, places, first } = changed.body['affected'] as Record<string, unknown> & {
    first: { state: string }[];
  };
  assert.deepEqual([bookings, places, first.map(({ state }) => state)], [2, 3, ['confirmed', 'held']]);
  const from = { startsAt: '2030-05-06T18:00:00.000Z', endsAt: '2030-05-06T20:00:00.000Z' };
  const payload = { eventId: event.id, from, to };
  assert.deepEqual(await changes('booking.eventPostponed', event), [
    [id, payload],
    [held.body['id'], payload],
  ]);
  assert.equal((await office.post(`${at(held)}/confirm`)).status, 200);
  assert.deepEqual(await office.available(event), { Floor: 47, Stalls: 20 });
  assert.deepEqual(await office.broken(), []);
});

test('a seat, or the date, is swapped: the new is taken and the old given back', async () => {
  const [monday, tuesday] = [await office.event(), await office.event()];
  const [one, two] = [await office.seats(monday), await office.seats(tuesday)];
  const booking = await sold(seatLine(monday, one[0]));
  const swap = (line: object) => by('client', `${at(booking)}/reschedule`, { lines: [{ no: 1, ...line }] });
  assert.equal((await swap({ seatIds: [one[5]] })).status, 200);
  const other = await swap({ eventId: tuesday.id, seatIds: [two[5]] });
  assert.equal(other.status, 200, other.text);
  assert.deepEqual(
    [await office.available(monday), await office.available(tuesday)],
    [
      { Floor: 50, Stalls: 20 },
      { Floor: 50, Stalls: 19 },
    ],
  );
  const foreign = await swap({ seatIds: [one[5]] });
  assert.deepEqual([foreign.status, faults(foreign)], [404, ['/lines/0/seatIds/0 invalid_reference']]);
});

test('what is confirmed is swapped for something dearer by staff only; a client is told what is missing', async () => {
  const venueId = await office.venue(
    ['Back', 'Front'].map((name) => ({ name, kind: 'standing', capacity: 9 })),
  );
  const prices = [
    { section: 'Back', amountMinor: 1_000 },
    { section: 'Front', amountMinor: 2_500 },
  ];
  const event = await office.event({ venueId, prices });
  const booking = await sold(admission(event, 'Back', 2));
  const to = (section: string) => ({ lines: [{ no: 1, sectionId: event.section(section) }] });
  const refused = await by('client', `${at(booking)}/reschedule`, to('Front'));
  assert.deepEqual([refused.status, faults(refused)], [422, ['/lines dearer']]);
  assert.match(refused.body.detail, /costs 3000 more/);
  assert.deepEqual((await office.get(at(booking))).body, booking.body);
  const moved = await office.post(`${at(booking)}/reschedule`, to('Front'));
  assert.deepEqual([moved.status, moved.body['totalMinor']], [200, 5_000]);
  const back = await by('client', `${at(booking)}/reschedule`, to('Back'));
  assert.deepEqual([back.status, back.body['totalMinor']], [200, 2_000], 'cheaper is no reason to refuse');
  const held = await by('client', '/holds', { lines: [admission(event, 'Back', 1)] });
  const dearer = await by('client', `${at(held)}/reschedule`, to('Front'));
  assert.deepEqual([dearer.status, dearer.body['totalMinor']], [200, 2_500], 'a hold is paid for later');
});
