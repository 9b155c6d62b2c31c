import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { admission, BoxOffice, seatLine, type OnSale } from '../../test/box-office.ts';
import { planted } from '../../test/planted.ts';
import { examine, type Finding } from '../engine/examine.ts';
import { asOwner } from '../platform/migrate.ts';
import { promises } from './index.ts';

let office: BoxOffice;
let event: OnSale;
let roomId: string;
before(async () => {
  office = await BoxOffice.open();
  event = await office.event({
    groups: [{ name: 'Few', capacity: 5 }],
    tiers: [{ name: 'Child', amountMinor: 500, group: 'Few' }],
  });
  roomId = String((await office.post('/rooms', { name: 'R', building: 'B', capacity: 1 })).body['id']);
  const [first, second, third] = await office.seats(event);
  const child = { ...seatLine(event, third), tier: 'Child' };
  const held = await office.hold(
    seatLine(event, first, second),
    admission(event, 'Floor', 3),
    slot(0),
    child,
  );
  assert.equal(held.status, 201, held.text);
});
after(() => office.close());

function slot(hour: number) {
  const at = (hours: number) => new Date(Date.UTC(2030, 0, 1, hours)).toISOString();
  return { kind: 'room', roomId, start: at(hour), end: at(hour + 1) };
}

function asTenant<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  return asOwner(office.web.database.ownerUrl, async (client) => {
    await client.query(`set holdfast.tenant = '${office.tenant.id}'`);
    return work(client);
  });
}

/** Ways to break what only a kind knows; the engine's own promises hold after each. */
const violations: readonly (readonly [what: string, id: string, sql: () => string])[] = [
  [
    'a place of a section is taken and no seat',
    'section-is-its-seats',
    () => `update engine.stock set taken = taken + 1 where resource_id = '${event.section('Stalls')}';
      insert into engine.stock_claim
      select l.tenant_id, '${event.section('Stalls')}', '-infinity', l.booking_id, l.line_no, 1, b.expires_at
      from engine.booking_line l join engine.booking b on b.id = l.booking_id where l.kind = 'room'`,
  ],
  [
    'a line says more places than it claims',
    'event-line-has-its-places',
    () => `update engine.booking_line set quantity = 4 where kind = 'admission'`,
  ],
  [
    'a line names a seat that it does not claim',
    'event-line-has-its-places',
    () =>
      `update engine.booking_line set details = jsonb_set(details, '{seatIds,0}', '"${event.id}"') where kind = 'seat'`,
  ],
  [
    'a place of a tier does not count in it',
    'tier-is-counted',
    () => `with gone as (delete from engine.stock_claim c using events.tier t where c.resource_id = t.id returning c.resource_id)
      update engine.stock s set taken = 0 from gone where s.resource_id = gone.resource_id`,
  ],
  [
    'a place of a tier does not count in its group',
    'tier-is-counted',
    () => `with gone as (delete from engine.stock_claim c using events.tier_group g where c.resource_id = g.id returning c.resource_id)
      update engine.stock s set taken = 0 from gone where s.resource_id = gone.resource_id`,
  ],
  [
    'a room is kept for less than the time asked for',
    'room-line-has-its-time',
    () => `update engine.interval_claim set ends_at = ends_at - interval '1 minute'`,
  ],
  [
    'another room is kept than the one asked for',
    'room-line-has-its-time',
    () =>
      `update engine.booking_line set details = jsonb_set(details, '{roomId}', '"${event.id}"') where kind = 'room'`,
  ],
];

for (const [what, id, sql] of violations)
  test(`the doctor sees that ${what}`, async () => {
    const found = await asTenant((client) => planted(client, sql(), promises));
    assert.deepEqual(
      found.map((finding) => finding.id),
      [id],
    );
  });

/** Buyers who hold, confirm, cancel and let go, until they are told to stop. */
function buyers(count: number): () => Promise<void> {
  let open = true;
  const buy = async (buyer: number) => {
    const seats = await office.seats(event);
    for (let turn = 0; open; turn++) {
      const [one, two] = [
        seats[(turn * 7 + buyer) % seats.length],
        seats[(turn * 7 + buyer + 1) % seats.length],
      ];
      const lines = [
        seatLine(event, one, two),
        admission(event, 'Floor', 1 + (turn % 3)),
        slot(1 + ((turn + buyer) % 5)),
      ];
      const held = await office.post('/holds', { lines: [lines[turn % 3]], ttlSeconds: 1 + (turn % 2) * 60 });
      const { id } = held.body;
      if (held.status !== 201 || turn % 4 === 0) continue;
      await office.post(`/bookings/${String(id)}/confirm`);
      await office.post(`/bookings/${String(id)}/cancel`);
    }
  };
  const all = Promise.all(Array.from({ length: count }, (_, buyer) => buy(buyer)));
  return async () => {
    open = false;
    await all;
  };
}

test('beside a running sale the doctor raises no false alarm, at whatever borders it looks, and sees a true one', async () => {
  const stop = buyers(3);
  const look = () =>
    asTenant((client) => Array.fromAsync(examine(client, promises, { longestStretch: 50 }))).then(brokenOf);
  const bookings = () =>
    asTenant(async (client) => (await client.query('select from engine.booking')).rowCount ?? 0);
  const from = await bookings();
  try {
    do assert.deepEqual(await look(), []);
    while ((await bookings()) < from + 60);
    await asTenant((client) =>
      client.query(`update engine.booking_line l set total_minor = total_minor + 1 from (
        select id from engine.booking order by id limit 1) b where l.booking_id = b.id and l.line_no = 1`),
    );
    assert.deepEqual(await look(), ['amounts-add-up']);
  } finally {
    await stop();
  }
});

function brokenOf(found: readonly Finding[]): string[] {
  return found.filter(({ id, broken }) => broken > 0 && id !== 'durability-is-on').map(({ id }) => id);
}
