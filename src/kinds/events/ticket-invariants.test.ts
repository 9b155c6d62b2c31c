import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admission, BoxOffice } from '../../../test/box-office.ts';
import { planted } from '../../../test/planted.ts';
import { asOwner } from '../../platform/migrate.ts';
import { ticketInvariants } from './ticket-invariants.ts';
import type { Ticket } from './ticket-schema.ts';

let office: BoxOffice;
before(async () => {
  office = await BoxOffice.open();
  const event = await office.event();
  const room = await office.post('/rooms', { name: 'R', building: 'B', capacity: 1 });
  const slot = { start: '2030-01-01T10:00:00Z', end: '2030-01-01T11:00:00Z' };
  const held = await office.hold(admission(event, 'Floor', 2), {
    kind: 'room',
    roomId: room.body['id'],
    ...slot,
  });
  const id = String(held.body['id']);
  await office.post(`/bookings/${id}/confirm`);
  const tickets = (await office.get(`/bookings/${id}/tickets`)).body['data'] as Ticket[];
  const scans = tickets.flatMap(({ token }) =>
    [-1, -5].map((seconds) => ({ token, at: new Date(Date.now() + seconds * 1_000).toISOString() })),
  );
  const merged = await office.post(`/events/${event.id}/check-ins`, { device: 'A', scans });
  assert.equal(merged.status, 200, merged.text);
  assert.equal(
    (await office.post(`/tickets/${tickets[0]?.id}/undo-check-in`, { reason: 'Test' })).status,
    200,
  );
});
after(() => office.close());

const violations: readonly (readonly [what: string, id: string, sql: string])[] = [
  [
    'a later scan counts',
    'earliest-scan-counts',
    `update events.scan set scanned_at = scanned_at - interval '1 minute' where outcome = 'duplicate'`,
  ],
  [
    'no scan counts',
    'earliest-scan-counts',
    `update events.scan set outcome = 'duplicate' where outcome = 'counted'`,
  ],
  [
    'a scan counts that was undone',
    'earliest-scan-counts',
    `update events.scan set outcome = 'counted' where ctid = (select min(ctid) from events.scan where outcome = 'undone')`,
  ],
  [
    'a line has come, and its ticket was let out since',
    'line-came-with-its-tickets',
    `update engine.booking_line set checked_in_at = now() - interval '1 hour' where kind = 'admission'`,
  ],
  [
    'a scan is of a room',
    'ticket-is-of-an-event',
    `update events.scan set line_no = 2 where outcome = 'counted'`,
  ],
  ['a ticket is of a room', 'ticket-is-of-an-event', `update events.ticket set line_no = 2`],
];

test('what is kept of tickets keeps its promises', async () => {
  assert.deepEqual(await office.broken(), []);
});

for (const [what, id, sql] of violations)
  test(`the doctor finds it when ${what}`, async () => {
    const found = await asOwner(office.web.database.ownerUrl, async (client) => {
      await client.query(`set holdfast.tenant = '${office.tenant.id}'`);
      return planted(client, sql, ticketInvariants);
    });
    assert.ok(
      found.some((finding) => finding.id === id),
      JSON.stringify(found),
    );
  });
