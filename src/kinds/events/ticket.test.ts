import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
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

const dataOf = ({ body }: Answer) => body['data'] as Ticket[];
const ticketsOf = (bookingId: unknown) => office.tickets(bookingId);
const booked = async (...lines: object[]) => String((await office.sold(lines)).body['id']);

async function seatsAndFloor(): Promise<{ event: OnSale; seats: string[]; id: string }> {
  const event = await office.event();
  const seats = await office.seats(event);
  return {
    event,
    seats,
    id: await booked(seatLine(event, seats[0], seats[10]), admission(event, 'Floor', 2)),
  };
}

test('a confirmed booking has a ticket for each place, and a hold has none', async () => {
  const event = await office.event();
  const held = await office.hold(admission(event, 'Floor', 2));
  assert.deepEqual(await ticketsOf(held.body['id']), []);
  const { id, seats } = await seatsAndFloor();
  const tickets = await ticketsOf(id);
  assert.deepEqual(
    tickets.map(({ line, section, row, seat, seatId, state }) => [line, section, row, seat, seatId, state]),
    [
      [1, 'Stalls', 'A', 1, seats[0], 'valid'],
      [1, 'Stalls', 'B', 1, seats[10], 'valid'],
      [2, 'Floor', null, null, null, 'valid'],
      [2, 'Floor', null, null, null, 'valid'],
    ],
  );
  assert.equal(new Set(tickets.map(({ token }) => token)).size, 4);
  const [first] = tickets;
  const read = await office.get(`/tickets/${first?.id}`);
  assert.deepEqual(read.body, first);
});

test('the tickets of a large booking come in pages', async () => {
  const { id } = await seatsAndFloor();
  const all = (await ticketsOf(id)).map((ticket) => ticket.id);
  const first = await office.get(`/bookings/${id}/tickets?limit=3`);
  const { nextCursor, hasNext, hasPrev } = first.body['pagination'] as Record<string, unknown>;
  assert.deepEqual([hasNext, hasPrev], [true, false]);
  const second = await office.get(`/bookings/${id}/tickets?limit=3&cursor=${String(nextCursor)}`);
  assert.deepEqual(
    [...dataOf(first), ...dataOf(second)].map((ticket) => ticket.id),
    all,
  );
  const page = await office.get(`/bookings/${id}/tickets?limit=3&page=2`);
  assert.deepEqual([dataOf(page)[0]?.id, (page.body['pagination'] as { total: number }).total], [all[3], 4]);
  const wrong = await office.get(`/bookings/${id}/tickets?cursor=abc`);
  assert.deepEqual(faults(wrong), ['?cursor invalid_cursor']);
});

test('whose booking it is not finds no tickets, nor does a neighbour', async () => {
  const { id } = await seatsAndFloor();
  const [ticket] = await ticketsOf(id);
  const neighbour = await office.neighbour();
  for (const path of [`/bookings/${id}/tickets`, `/bookings/${id}/tickets.pdf`, `/tickets/${ticket?.id}`]) {
    assert.equal((await office.ask('GET', path, { by: 'client' })).status, 200, path);
    assert.equal((await office.ask('GET', path, { by: 'other' })).status, 404, path);
    assert.equal((await office.ask('GET', path, { by: 'public' })).status, 401, path);
    assert.equal((await neighbour.get(path)).status, 404, path);
  }
  assert.equal((await office.get(`/tickets/${id}-1-ffffffff`)).status, 404);
  assert.equal((await office.get(`/tickets/${id}-9-00000001`)).status, 404);
  assert.equal((await office.get('/tickets/nonsense')).status, 404);
});

// Nothing of ours is used here but the two answers: this is what a scanner without a connection does.
test('a token is verified with nothing but the public key, as docs/events.md describes', async () => {
  const { id, event, seats } = await seatsAndFloor();
  const [ticket] = await ticketsOf(id);
  const { keys } = (await office.ask('GET', '/ticket-keys', { by: 'public' })).body as unknown as {
    keys: { kid: string; kty: string; crv: string; x: string }[];
  };
  const token = Buffer.from(ticket?.token ?? '', 'base64url');
  const key = keys.find(({ kid }) => kid === token.toString('hex', 1, 9));
  assert.ok(key && token.length === 109 && token[0] === 1);
  const publicKey = createPublicKey({ key: { kty: key.kty, crv: key.crv, x: key.x }, format: 'jwk' });
  const [signed, signature] = [token.subarray(0, 45), token.subarray(45)];
  assert.ok(verify(null, signed, publicKey, signature));
  assert.deepEqual(
    [
      token.toString('hex', 9, 25),
      token.readUInt16BE(25),
      token.toString('hex', 27, 43),
      token.readUInt16BE(43),
    ],
    [id.replaceAll('-', ''), 1, seats[0]?.replaceAll('-', ''), 1],
  );
  assert.equal(token.toString('hex', 27, 39), event.id.replaceAll('-', '').slice(0, 24));
  for (let i = 0; i < 45; i++) {
    const forged = Buffer.from(signed);
    forged[i] = (forged[i] ?? 0) ^ 1;
    assert.ok(!verify(null, forged, publicKey, signature), `byte ${i} is not signed`);
  }
});

test('tickets follow the booking: moved places have new ones, cancelled ones none', async () => {
  const { id, seats } = await seatsAndFloor();
  const [first, second, ...floor] = await ticketsOf(id);
  const moved = await office.post(`/bookings/${id}/reschedule`, {
    lines: [{ no: 1, seatIds: [seats[10], seats[5]] }],
  });
  assert.equal(moved.status, 200, moved.text);
  const after = await ticketsOf(id);
  assert.deepEqual(
    after.map(({ token }) => token),
    [second?.token, after[1]?.token, ...floor.map(({ token }) => token)],
  );
  assert.notEqual(after[1]?.token, first?.token);
  assert.equal((await office.get(`/tickets/${first?.id}`)).status, 404);
  await office.post(`/bookings/${id}/cancel`, { lines: [1] });
  assert.deepEqual(
    (await ticketsOf(id)).map(({ line }) => line),
    [2, 2],
  );
  await office.post(`/bookings/${id}/cancel`);
  assert.deepEqual(await ticketsOf(id), []);
});
