import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admission, BoxOffice, faults, type OnSale } from '../../../test/box-office.ts';
import type { Ticket } from './ticket-schema.ts';

let office: BoxOffice;
before(async () => (office = await BoxOffice.open()));
after(() => office.close());

const ada = { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.org' };
const ben = { firstName: 'Ben', lastName: 'Ní Bhriain', email: 'ben@example.org' };

async function sold(): Promise<{ event: OnSale; id: string; ticket: Ticket }> {
  const event = await office.event();
  const id = String((await office.sold([admission(event, 'Floor', 1)])).body['id']);
  const [ticket] = await office.tickets(id);
  assert.ok(ticket);
  return { event, id, ticket };
}

type Caller = 'admin' | 'client' | 'other';
const give = (ticket: Ticket, body: object, by: Caller = 'client') =>
  office.ask('POST', `/tickets/${ticket.id}/transfer`, { body, by });
const scan = (event: OnSale, token: unknown) => office.post(`/events/${event.id}/check-in`, { token });

test('a ticket that is given away has a new token; the old one is void, and who gave it sees no token any more', async () => {
  const { event, id, ticket } = await sold();
  const given = await give(ticket, ada);
  assert.equal(given.status, 200, given.text);
  assert.deepEqual([given.body['holder'], given.body['version'], given.body['id']], [ada, 2, ticket.id]);
  assert.notEqual(given.body['token'], ticket.token);
  const read = await office.ask('GET', `/tickets/${ticket.id}`, { by: 'client' });
  assert.equal(read.body['token'], null);
  assert.equal(
    (await office.ask('GET', `/bookings/${id}/tickets.pdf`, { by: 'client' })).body.code,
    'wrong_state',
  );
  assert.equal((await office.get(`/tickets/${ticket.id}`)).body['token'], given.body['token']);
  assert.deepEqual(faults(await scan(event, ticket.token)), ['/token ticket_revoked']);
  const again = await give(ticket, ben, 'admin');
  assert.deepEqual([again.body['version'], again.body['holder']], [3, ben]);
  assert.deepEqual(faults(await scan(event, given.body['token'])), ['/token ticket_revoked']);
  assert.equal((await scan(event, again.body['token'])).status, 200);
});

test('a transfer is refused to oneself, of a used ticket, by a stranger, and where the event forbids it', async () => {
  const { event, ticket } = await sold();
  assert.equal((await give(ticket, ada, 'other')).status, 404);
  assert.equal((await give(ticket, ada)).status, 200);
  const self = await give(ticket, { ...ben, email: 'ADA@example.org' });
  assert.deepEqual(faults(self), ['/email transfer_to_self']);
  assert.deepEqual(faults(await give(ticket, { ...ben, email: 'no address' })), ['/email invalid_text']);
  const rules = { entrances: [], transfer: 'forbidden' };
  assert.equal((await office.ask('PUT', `/events/${event.id}/entry-rules`, { body: rules })).status, 200);
  assert.deepEqual(faults(await give(ticket, ben)), [' transfer_forbidden']);
  await office.ask('PUT', `/events/${event.id}/entry-rules`, { body: { ...rules, transfer: 'allowed' } });
  const { token, version } = (await office.get(`/tickets/${ticket.id}`)).body;
  assert.equal(version, 2, 'nothing was changed');
  assert.equal((await scan(event, token)).status, 200);
  const used = await give(ticket, ben);
  assert.deepEqual([used.status, used.body.code], [409, 'wrong_state']);
});

test('a ticket of a cancelled booking or event cannot be given away', async () => {
  const cancelled = await sold();
  await office.post(`/bookings/${cancelled.id}/cancel`);
  assert.equal((await give(cancelled.ticket, ada)).status, 404);
  const { event, ticket } = await sold();
  await office.post(`/events/${event.id}/cancel`);
  assert.equal((await give(ticket, ada)).body.code, 'wrong_state');
});
