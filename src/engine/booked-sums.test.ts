import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type pg from 'pg';
import { DAY_ONE, onCompany, playHistories, TINY, type AskedOf } from '../../test/booked-history.ts';
import { cancelling, hold, on, openFixture, slot, type Fixture } from '../../test/engine-fixture.ts';
import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { DAY_MS } from '../platform/zone.ts';
import { markArrived, lockArriving } from './arrive.ts';
import { bookedInvariant } from './booked-invariant.ts';
import { sumBookings } from './booked-sums.ts';
import { reportBookings } from './booking-report.ts';
import { recordChanges } from './change.ts';
import { examine } from './examine.ts';
import type { Command } from './index.ts';

let fixture: Fixture;
before(async () => (fixture = await openFixture()));
after(() => fixture.close());

/** What the report is to say, line by line and without a sum that was kept. */
const PLAIN = `
  select date_trunc($4, n.made at time zone $5)::date::text as period, n.kind, n.currency, count(*)::int as made,
    count(*) filter (where n.state = 'requested')::int as requested,
    count(*) filter (where n.state = 'confirmed')::int as confirmed,
    count(*) filter (where n.state = 'noShow')::int as "noShows",
    count(*) filter (where n.state = 'cancelled')::int as cancelled,
    count(*) filter (where n.state = 'declined')::int as declined,
    coalesce(sum(n.quantity) filter (where n.state in ('confirmed', 'noShow')), 0)::int as quantity,
    coalesce(sum(n.total_minor) filter (where n.state in ('confirmed', 'noShow')), 0)::int as "revenueMinor",
    (avg(date_part('epoch', n.start - n.made) * 1000) filter (where n.state in ('confirmed', 'noShow')))::int8::float8 as "meanLeadMs"
  from (
    select b.created_at as made, b.currency, l.kind, l.quantity, l.total_minor, t.start,
      case when l.cancelled_at is null then case b.state when 'completed' then 'confirmed' else b.state end
        when b.state = 'declined' then 'declined'
        when l.checked_in_at is null and l.cancelled_at >= t.start and l.cancelled_at < t."end" then 'noShow'
        else 'cancelled' end as state
    from engine.booking b
    join engine.booking_line l on l.tenant_id = b.tenant_id and l.booking_id = b.id
    cross join jsonb_to_record(l.details) as t (start timestamptz, "end" timestamptz)
    where b.tenant_id = $1 and b.created_at >= $2 and b.created_at < $3
      and b.state not in ('held', 'paying', 'expired') and not l.details ? 'skipped') n
  group by 1, 2, 3 order by 1, 2, 3`;

async function assertExact(client: pg.Client, tenant: Uuid, asked: AskedOf, when: string): Promise<void> {
  const { startsAt, endsAt, per, timezone } = asked;
  const plain = await client.query(PLAIN, [tenant, new Date(startsAt), new Date(endsAt), per, timezone]);
  const told = await reportBookings(fixture.database.db, { id: tenant, timezone }, { startsAt, endsAt }, per);
  assert.deepEqual(told, plain.rows, when);
}

const all = (sum: (tenant: Uuid) => Promise<boolean>) => async (tenant: Uuid) => {
  while (await sum(tenant));
};
const sumAll = all((tenant) => sumBookings(fixture.database.db, tenant, Date.now(), TINY));

test('whatever is booked and changed, and however late the sums are, the report says what the bookings say', () =>
  playHistories(fixture.database, { examine: assertExact }));

/** What the engine does to what is already summed: each must be told, or the report goes on saying what was. */
describe('a change by the engine outdates the sums it touches', () => {
  const line = { quantity: 1, unitMinor: 100, taxMinor: 0, totalMinor: 100 };
  const now = Date.now();
  const details = { start: new Date(now - 1_000).toISOString(), end: new Date(now + DAY_MS).toISOString() };
  const change = (bookingId: Uuid) => ({ bookingId, ownedBy: null, actor: 'test' });
  const others: readonly [of: string, command: (id: Uuid, room: Uuid) => Command][] = [
    ['completed', (id) => ({ verb: 'complete', ...change(id) })],
    ['a no-show', (id) => ({ verb: 'noShow', ...change(id) })],
    ['cancelled', (id) => cancelling(id)],
    ['cancelled in part', (id) => ({ verb: 'cancel', reason: null, lineNos: [2], ...change(id) })],
    [
      'moved',
      (id, room) => ({
        ...{ verb: 'reschedule', version: null, guards: new Map(), ...change(id) },
        lines: [
          {
            no: 1,
            kind: 'test',
            ...line,
            totalMinor: 500,
            details: { start: '2031-01-01T00:00:00Z' },
            ...slot(room, 90),
          },
        ],
      }),
    ],
  ];

  async function assertNow(when: string): Promise<void> {
    const asked = { startsAt: now - DAY_MS, endsAt: now + DAY_MS, per: 'day', timezone: 'UTC' } as const;
    await fixture.tamper((client) => assertExact(client, fixture.tenant, asked, when));
  }

  /** Two bookings of two lines, summed as what they are before anything happens to them. */
  async function summed(
    approval: 'none' | 'competing',
    ...verbs: 'confirm'[]
  ): Promise<{ id: Uuid; room: Uuid }> {
    const room = await fixture.newCalendar();
    const [asked, other] = [0, 3].map((from) => {
      const needs = [slot(room, from), slot(room, from + 1)];
      const made = hold(needs, { approval });
      return { ...made, lines: made.lines.map((each) => ({ ...each, details })) };
    });
    if (asked === undefined || other === undefined) throw new Error('there are two');
    for (const each of [asked, other]) await fixture.perform(each);
    for (const verb of verbs) await fixture.perform(on(verb, asked.bookingId));
    await sumAll(fixture.tenant);
    return { id: asked.bookingId, room };
  }

  async function assertOutdates(command: Command, when: string): Promise<void> {
    assert.equal((await fixture.perform(command)).result, 'done', when);
    await assertNow(`${when}, not summed yet`);
    await sumAll(fixture.tenant);
    await assertNow(`${when}, summed`);
  }

  test('confirmed', async () => {
    const { id } = await summed('none');
    await assertOutdates(on('confirm', id), 'confirmed');
  });
  for (const [word, command] of others)
    test(word, async () => {
      const { id, room } = await summed('none', 'confirm');
      await assertOutdates(command(id, room), word);
    });
  test('declined', async () => {
    const { id } = await summed('competing');
    await assertOutdates({ verb: 'decline', reason: 'no', ...change(id) }, 'declined');
  });
  test('somebody came, and one line is cancelled under way', async () => {
    const { id, room } = await summed('none', 'confirm');
    const { db } = fixture.database;
    await db.inTenant(fixture.tenant, async (tx) => {
      const [booking] = await lockArriving(tx, [id]);
      if (booking === undefined) throw new Error('it is there');
      await recordChanges(tx, [await markArrived(tx, booking, [1], now, 'test')]);
    });
    await assertNow('marked as come');
    await assertOutdates(
      { verb: 'cancel', reason: null, lineNos: [1, 2], ...change(id) },
      `cancelled in ${room}`,
    );
  });
});

/** A database whose transactions fail when they send this statement. */
function failingAt(name: string): Pick<Database, 'inTenant'> {
  return {
    inTenant: (tenant, work, deadlineMs) =>
      fixture.database.db.inTenant(
        tenant,
        (tx) =>
          work({
            ...tx,
            run: (of, ...rest) => {
              if (of.name === name) throw new Error('cut');
              return tx.run(of, ...rest);
            },
          }),
        deadlineMs,
      ),
  };
}

test('a step that is cut off anywhere, done twice or by two at once leaves each sum made once', async () => {
  const asked = {
    startsAt: DAY_ONE - DAY_MS,
    endsAt: DAY_ONE + 9 * DAY_MS,
    per: 'day',
    timezone: 'UTC',
  } as const;
  await onCompany(fixture.database, async (client, tenant, played) => {
    const step = (db: Pick<Database, 'inTenant'>) => sumBookings(db, tenant, DAY_ONE + 9 * DAY_MS, TINY);
    const book = (quarterHour: number) =>
      played.play({
        ...{ what: 'book', quarterHour, offMinutes: 0, state: 'confirmed', kinds: ['room'], currency: 'EUR' },
      });
    for (let n = 0; n < 9; n++) await book(n);
    const { db } = fixture.database;
    for (const cut of ['engine.cutBookedStretches', 'engine.insertBookedSums', 'engine.markSummed']) {
      await assert.rejects(step(failingAt(cut)), /cut/);
      await assertExact(client, tenant, asked, cut);
      await Promise.all([step(db), step(db)]);
      await assertExact(client, tenant, asked, `after ${cut}`);
      await book(1);
    }
    while (await step(db));
    const [finding] = await Array.fromAsync(examine(client, [bookedInvariant]));
    assert.equal(finding?.broken, 0);
  });
});
