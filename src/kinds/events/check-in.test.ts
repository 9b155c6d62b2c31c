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
import type { Ticket } from './ticket-schema.ts';

let office: BoxOffice;
before(async () => (office = await BoxOffice.open()));
after(() => office.close());

async function booked(...lines: object[]): Promise<{ id: string; tickets: Ticket[] }> {
  const id = String((await office.sold(lines)).body['id']);
  return { id, tickets: await office.tickets(id) };
}

const scan = (event: { id: string }, ticket: Ticket | undefined, more: object = {}) =>
  office.post(`/events/${event.id}/check-in`, { token: ticket?.token, ...more });
const merge = (event: { id: string }, device: string, ...scans: (readonly [Ticket | undefined, string])[]) =>
  office.post(`/events/${event.id}/check-ins`, {
    device,
    scans: scans.map(([ticket, at]) => ({ token: ticket?.token, at })),
  });
const resultsOf = ({ body }: Answer) => (body['results'] as { result: string }[]).map(({ result }) => result);
const undo = (ticket: Ticket | undefined, reason = 'Scanned by mistake') =>
  office.post(`/tickets/${ticket?.id}/undo-check-in`, { reason });
const counts = async (event: OnSale) => {
  const { accepted, duplicates, undone, marked } = (await office.get(`/events/${event.id}/check-ins`)).body;
  return [accepted, duplicates, undone, marked];
};
const changes = async () => {
  const rows = await office.rows(`select type, booking_id, payload from engine.change order by seq`);
  return rows as { type: string; booking_id: string | null; payload: Record<string, unknown> }[];
};

/** Seconds from now, as a device writes them. */
const at = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();

async function refused(answer: Answer, reason: string): Promise<void> {
  assert.deepEqual([answer.status, answer.body.code], [409, 'ticket_refused'], answer.text);
  assert.deepEqual(faults(answer), [`/token ${reason}`]);
}

test('a ticket lets in once; the second scan is told when and where it was used', async () => {
  const event = await office.event();
  const { id, tickets } = await booked(admission(event, 'Floor', 2));
  const [first, second] = tickets;
  const let1 = await scan(event, first, { entrance: 'North', device: 'one' });
  assert.equal(let1.status, 200, let1.text);
  const { state, usedAt, entrance, token } = let1.body;
  assert.deepEqual([state, entrance, token], ['used', 'North', null]);
  const again = await scan(event, first, { entrance: 'South' });
  await refused(again, 'ticket_used');
  assert.deepEqual(again.body['used'], { at: usedAt, entrance: 'North', device: 'one' });
  const booking = await office.get(`/bookings/${id}`);
  assert.equal(booking.body['checkedInAt'], null, 'half of it has come');
  assert.equal((await scan(event, second)).status, 200);
  const whole = (await office.get(`/bookings/${id}`)).body;
  assert.ok(whole['checkedInAt'] && (whole['lines'] as { checkedInAt: string }[])[0]?.checkedInAt);
  assert.deepEqual(await counts(event), [2, 0, 0, 0]);
  const told = (await changes()).filter((change) => change.booking_id === id).map(({ type }) => type);
  assert.deepEqual(told.slice(-3), ['ticket.checkedIn', 'ticket.checkedIn', 'booking.checkedIn']);
});

test('a booking that is checked in as a whole uses its tickets', async () => {
  const event = await office.event();
  const { id, tickets } = await booked(admission(event, 'Floor', 2));
  assert.equal((await office.post(`/bookings/${id}/check-in`)).status, 200);
  await refused(await scan(event, tickets[0]), 'ticket_used');
  assert.deepEqual(resultsOf(await merge(event, 'one', [tickets[1], at(-5)])), ['duplicate']);
  assert.deepEqual(await counts(event), [0, 0, 0, 2]);
  assert.equal((await undo(tickets[0])).status, 200);
  assert.deepEqual(await counts(event), [1, 0, 0, 0], 'the other one is still in');
  assert.equal((await office.get(`/bookings/${id}`)).body['checkedInAt'], null);
  assert.equal((await scan(event, tickets[0])).status, 200);
  await refused(await scan(event, tickets[1]), 'ticket_used');
});

test('what is no good ticket is refused with the reason, and nothing is changed', async () => {
  const event = await office.event();
  const other = await office.event();
  const { id, tickets } = await booked(admission(event, 'Floor', 3));
  const [ticket, given, moved] = tickets;
  const token = ticket?.token ?? '';
  const neighbour = await office.neighbour();
  const theirs = await neighbour.event();
  const before = await office.rows(`select count(*) from events.scan`);
  const forged = [
    ...[
      '',
      'x',
      'x'.repeat(4_000),
      token.slice(1),
      `${token}A`,
      token.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
    ],
    ...[`${token.slice(0, 40)}${token[40] === 'A' ? 'B' : 'A'}${token.slice(41)}`, '🎟'.repeat(73)],
  ];
  for (const each of forged) {
    const answer = await office.post(`/events/${event.id}/check-in`, { token: each });
    await refused(answer, 'ticket_forged');
  }
  await refused(await neighbour.post(`/events/${theirs.id}/check-in`, { token }), 'ticket_foreign');
  await refused(await scan(other, ticket), 'ticket_other_event');
  const to = { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.org' };
  assert.equal((await office.post(`/tickets/${given?.id}/transfer`, to)).status, 200);
  await refused(await scan(event, given), 'ticket_revoked');
  for (const seconds of [90, -86_400]) {
    const answer = await scan(event, moved, { at: at(seconds), device: 'one' });
    assert.deepEqual([answer.status, faults(answer)], [422, ['/at wrong_clock']]);
  }
  assert.equal((await office.post(`/events/${event.id}/check-in`, { token: 'x'.repeat(4_001) })).status, 422);
  assert.equal(
    (await office.ask('POST', `/events/${event.id}/check-in`, { body: { token }, by: 'client' })).status,
    403,
  );
  await office.post(`/bookings/${id}/no-show`);
  await refused(await scan(event, ticket), 'ticket_not_confirmed');
  const gone = await booked(admission(event, 'Floor', 1));
  await office.post(`/bookings/${gone.id}/cancel`);
  await refused(await scan(event, gone.tickets[0]), 'ticket_revoked');
  const last = await booked(admission(event, 'Floor', 1));
  await office.post(`/events/${event.id}/cancel`);
  await refused(await scan(event, last.tickets[0]), 'event_cancelled');
  assert.deepEqual(await office.rows(`select count(*) from events.scan`), before);
});

test('a moved ticket is revoked, also when it is moved to another date', async () => {
  const venueId = await office.venue();
  const [event, later] = [await office.event({ venueId }), await office.event({ venueId })];
  const seats = await office.seats(event);
  const { id, tickets } = await booked(seatLine(event, seats[0]));
  const swapped = await office.post(`/bookings/${id}/reschedule`, {
    lines: [{ no: 1, seatIds: [seats[1]] }],
  });
  assert.equal(swapped.status, 200, swapped.text);
  await refused(await scan(event, tickets[0]), 'ticket_revoked');
  const [seat] = await office.seats(later);
  const moved = await office.post(`/bookings/${id}/reschedule`, {
    lines: [{ no: 1, eventId: later.id, seatIds: [seat] }],
  });
  assert.equal(moved.status, 200, moved.text);
  const now = (await office.get(`/bookings/${id}/tickets`)).body['data'] as Ticket[];
  await refused(await scan(event, now[0]), 'ticket_other_event');
  assert.equal((await scan(later, now[0])).status, 200);
});

test('an entrance lets in its sections and categories, and an event without entrances lets in everywhere', async () => {
  const event = await office.event();
  const rules = {
    entrances: [
      { name: 'North', sections: ['Floor'] },
      { name: 'Main' },
      { name: 'VIP', categories: ['First'] },
    ],
    transfer: 'allowed',
  };
  const path = `/events/${event.id}/entry-rules`;
  const unknown = await office.ask('PUT', path, { body: rules });
  assert.deepEqual(faults(unknown), ['/entrances/2/categories/0 invalid_reference']);
  await office.patch(`/events/${event.id}`, {
    prices: [
      { section: 'Floor', amountMinor: 1_000 },
      { section: 'Stalls', amountMinor: 1_000 },
    ],
  });
  rules.entrances.pop();
  assert.equal((await office.ask('PUT', path, { body: rules })).status, 200);
  assert.deepEqual((await office.get(path)).body, rules);
  const [seat] = await office.seats(event);
  const { tickets } = await booked(seatLine(event, seat), admission(event, 'Floor', 1));
  const [stalls, floor] = tickets;
  await refused(await scan(event, stalls, { entrance: 'North' }), 'wrong_entrance');
  assert.deepEqual(faults(await scan(event, stalls)), ['/entrance missing_field']);
  assert.deepEqual(faults(await scan(event, stalls, { entrance: 'West' })), ['/entrance invalid_reference']);
  assert.equal((await scan(event, floor, { entrance: 'North' })).status, 200);
  assert.equal((await scan(event, stalls, { entrance: 'Main' })).status, 200);
  const { entrances } = (await office.get(`/events/${event.id}/check-ins`)).body;
  assert.deepEqual(
    (entrances as { entrance: string; accepted: number }[]).map(({ entrance, accepted }) => [
      entrance,
      accepted,
    ]),
    [
      ['Main', 1],
      ['North', 1],
    ],
  );
});

test('of scans made offline the earliest counts, and sending them again changes nothing', async () => {
  const event = await office.event();
  const { id, tickets } = await booked(admission(event, 'Floor', 1));
  const [ticket] = tickets;
  assert.deepEqual(resultsOf(await merge(event, 'B', [ticket, at(-10)])), ['accepted']);
  const early = at(-20);
  const merged = await merge(event, 'A', [ticket, early], [ticket, early]);
  assert.deepEqual(resultsOf(merged), ['accepted', 'accepted'], 'one scan that was sent twice');
  assert.deepEqual(
    (merged.body['displaced'] as { device: string }[]).map(({ device }) => device),
    ['B'],
  );
  const before = await changes();
  assert.deepEqual(resultsOf(await merge(event, 'A', [ticket, early])), ['accepted']);
  assert.deepEqual(await changes(), before);
  const late = await merge(event, 'C', [ticket, at(-5)]);
  const [{ used } = {}] = late.body['results'] as { used?: unknown }[];
  assert.deepEqual(used, { at: early, entrance: null, device: 'A' });
  assert.deepEqual(await counts(event), [1, 2, 0, 0]);
  assert.ok((await office.get(`/bookings/${id}`)).body['checkedInAt']);
  await refused(await scan(event, ticket), 'ticket_used');
  const bad = await office.post(`/events/${event.id}/check-ins`, {
    device: 'D',
    scans: [
      { token: 'x', at: at(-1) },
      { token: ticket?.token, at: at(90) },
    ],
  });
  assert.deepEqual(
    (bad.body['results'] as { reason: string }[]).map(({ reason }) => reason),
    ['ticket_forged', 'wrong_clock'],
  );
});

test('an undo gives a reason, frees the ticket, and holds for scans that arrive later', async () => {
  const event = await office.event();
  const { id, tickets } = await booked(admission(event, 'Floor', 1));
  const [ticket] = tickets;
  assert.equal((await undo(ticket)).body.code, 'wrong_state');
  assert.equal((await office.post(`/tickets/${ticket?.id}/undo-check-in`, {})).status, 422);
  assert.equal((await scan(event, ticket)).status, 200);
  const undone = await undo(ticket, 'Left by the wrong door');
  assert.deepEqual([undone.status, undone.body['state']], [200, 'valid'], undone.text);
  assert.equal((await office.get(`/bookings/${id}`)).body['checkedInAt'], null);
  assert.deepEqual(resultsOf(await merge(event, 'A', [ticket, at(-20)])), ['undone']);
  assert.equal((await scan(event, ticket)).status, 200);
  assert.deepEqual(await counts(event), [1, 0, 2, 0]);
  const told = (await changes()).findLast(({ type }) => type === 'ticket.checkInUndone');
  assert.equal(told?.payload['reason'], 'Left by the wrong door');
});

test('a scan whose answer was lost is answered the same when it is sent again', async () => {
  const event = await office.event();
  const { tickets } = await booked(admission(event, 'Floor', 2));
  const [first, second] = tickets;
  const body = { at: at(-1), device: 'one' };
  const answers = [await scan(event, first, body), await scan(event, first, body)];
  assert.deepEqual(answers[0]?.body, answers[1]?.body);
  const key = { 'idempotency-key': 'scan-1' };
  const path = `/events/${event.id}/check-in`;
  const kept = [
    await office.post(path, { token: second?.token }, key),
    await office.post(path, { token: second?.token }, key),
  ];
  assert.deepEqual([kept[0]?.status, kept[0]?.text], [200, kept[1]?.text]);
});
