import assert from 'node:assert/strict';
import { asOwner } from '../src/platform/migrate.ts';
import { sumBookings } from '../src/engine/booked-sums.ts';
import { seatId } from '../src/kinds/events/place.ts';
import type { Uuid } from '../src/platform/id.ts';
import { call, testApp, type Body, type TestApp } from './app.ts';

/** A company with at least one row in every table and one entry of every collection that the API has. */
export interface FullTenant {
  id: Uuid;
  base: string;
  key: string;
  /** The id of one entry by the collection it stands in: `rooms`, `bookings`, ... */
  ids: Readonly<Record<string, Uuid>>;
}

export interface TwoTenants extends TestApp {
  a: FullTenant;
  b: FullTenant;
}

/** Two companies that look alike, with the same names for everything. */
export async function twoTenants(): Promise<TwoTenants> {
  const made = await testApp();
  return { ...made, a: await fullTenant(made), b: await fullTenant(made) };
}

async function fullTenant(made: TestApp): Promise<FullTenant> {
  const { tenant, base, keys } = await made.tenantWith('owner');
  const [key = ''] = keys;
  let calls = 0;
  const post = async (path: string, body: unknown, status = 201) => {
    const answer = await call(made.app, 'POST', `${base}${path}`, {
      key,
      body,
      headers: { 'idempotency-key': `filling-${(calls += 1)}` },
    });
    assert.equal(answer.status, status, answer.text);
    return answer.body;
  };
  const room = await post('/rooms', { name: 'Blue', building: 'Main', capacity: 10 });
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const line = { kind: 'room', roomId: room['id'], start: `${day}T10:00:00Z`, end: `${day}T11:00:00Z` };
  const sections = [
    { name: 'Floor', kind: 'standing', capacity: 10 },
    { name: 'Box', kind: 'seated', rows: [{ name: 'A', seats: 2 }] },
  ];
  const painting = { start: `${day}T14:00:00Z`, end: `${day}T16:00:00Z`, reason: 'Painting' };
  const blackout = await post(`/rooms/${String(room['id'])}/blackouts`, painting);
  const venue = await post('/venues', { name: 'Arena', sections });
  const event = await post('/events', {
    ...{ name: 'Concert', venueId: venue['id'], startsAt: `${day}T20:00:00Z` },
    prices: sections.map(({ name }) => ({ section: name, amountMinor: 1_000 })),
    groups: [{ name: 'Terrace', capacity: 5 }],
    tiers: [
      { name: 'Child', amountMinor: 500, group: 'Terrace' },
      { name: 'Members', amountMinor: 400, hidden: true, accessCodes: ['tulip'] },
    ],
  });
  await post(`/events/${String(event['id'])}/publish`, {}, 200);
  const [price, box] = event['prices'] as { sectionId: Uuid }[];
  const killed = { seatIds: [seatId(box?.sectionId ?? '', 1)], reason: 'Camera' };
  await post(`/events/${String(event['id'])}/seats/kill`, killed, 200);
  const code = await post('/discount-codes', { code: 'SPRING', percent: 10, maxUsesPerClient: 5 });
  const admission = { kind: 'admission', eventId: event['id'], sectionId: price?.sectionId, quantity: 1 };
  const ada = { firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.org' };
  const client = await post('/clients', ada);
  const booking = await post('/holds', {
    lines: [line, admission],
    clientId: client['id'],
    discountCode: 'SPRING',
  });
  const term = await post('/terms', { name: 'Winter', startsOn: '2030-10-01', endsOn: '2031-02-15' });
  await post(`/rooms/${String(room['id'])}/feed`, {});
  const stage = await post('/rooms', {
    ...{ name: 'Stage', building: 'B', capacity: 1 },
    rules: { approval: 'required', approvalMode: 'competing' },
  });
  await post('/holds', { lines: [{ ...line, roomId: stage['id'] }] });
  const tickets = await fillTickets(made, { base, key }, post, String(event['id']), admission);
  await fillByHand(made, tenant.id);
  const ids = {
    rooms: String(room['id']),
    blackouts: String(blackout['id']),
    buildings: String(room['buildingId']),
    terms: String(term['id']),
    venues: String(venue['id']),
    events: String(event['id']),
    sections: String(price?.sectionId),
    seats: seatId(box?.sectionId ?? '', 2),
    bookings: String(booking['id']),
    ...tickets,
    clients: String(client['id']),
    'discount-codes': String(code['id']),
  };
  return { id: tenant.id, base, key, ids };
}

/** A ticket that was given away and used, and one that is still good; a key that signs no more. */
async function fillTickets(
  { app }: TestApp,
  { base, key }: { base: string; key: string },
  post: (path: string, body: unknown, status?: number) => Promise<Body>,
  eventId: string,
  line: object,
): Promise<{ tickets: string; 'ticket-keys': string }> {
  const id = String((await post('/holds', { lines: [{ ...line, quantity: 2 }] }))['id']);
  await post(`/bookings/${id}/confirm`, {}, 200);
  const listed = await call(app, 'GET', `${base}/bookings/${id}/tickets`, { key });
  const [used, good] = listed.body['data'] as { id: string }[];
  const to = { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.org' };
  const { token } = await post(`/tickets/${used?.id}/transfer`, to, 200);
  const rules = { entrances: [], transfer: 'allowed' };
  await call(app, 'PUT', `${base}/events/${eventId}/entry-rules`, { key, body: rules });
  await post(`/events/${eventId}/check-in`, { token }, 200);
  const { keys } = (await post('/ticket-keys', {})) as unknown as { keys: { kid: string; signs: boolean }[] };
  return { tickets: String(good?.id), 'ticket-keys': String(keys.find(({ signs }) => !signs)?.kid) };
}

/** What none of the calls above writes: readers of the changes and tasks run beside the server, calendars show what is settled. */
async function fillByHand({ database }: TestApp, tenant: Uuid): Promise<void> {
  await sumBookings(database.db, tenant, Date.now(), { bookings: 1, ageMs: -60_000, atOnce: 20 });
  await asOwner(database.ownerUrl, async (client) => {
    await client.query(`insert into engine.feed_position (tenant_id, reader, seq) values ($1, 'test', 0)`, [
      tenant,
    ]);
    await client.query(
      `insert into rooms.feed_shown select f.tenant_id, f.room_id, l.booking_id, l.line_no, now(), now() + interval '1 hour'
       from rooms.feed f join engine.booking_line l on l.tenant_id = f.tenant_id
       where f.tenant_id = $1 and l.kind = 'room'`,
      [tenant],
    );
  });
}
