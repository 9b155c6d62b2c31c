import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import type pg from 'pg';
import { cancelling, hold, on, openFixture, slot, type Fixture } from '../../test/engine-fixture.ts';
import { createTenant } from '../people/tenant.ts';
import type { Database } from '../platform/db.ts';
import { uuidV7, type Uuid } from '../platform/id.ts';
import { asOwner } from '../platform/migrate.ts';
import { DAY_MS } from '../platform/zone.ts';
import { markArrived, lockArriving } from './arrive.ts';
import { bookedInvariant } from './booked-invariant.ts';
import { sumBookings } from './booked-sums.ts';
import { reportBookings, type Per } from './booking-report.ts';
import { recordChanges } from './change.ts';
import { examine } from './examine.ts';
import { dropOld } from './feed.ts';
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

interface Asked {
  startsAt: number;
  endsAt: number;
  per: Per;
  timezone: string;
}

async function assertExact(client: pg.Client, tenant: Uuid, asked: Asked, when: string): Promise<void> {
  const { startsAt, endsAt, per, timezone } = asked;
  const plain = await client.query(PLAIN, [tenant, new Date(startsAt), new Date(endsAt), per, timezone]);
  const told = await reportBookings(fixture.database.db, { id: tenant, timezone }, { startsAt, endsAt }, per);
  assert.deepEqual(told, plain.rows, when);
}

const all = (sum: (tenant: Uuid) => Promise<boolean>) => async (tenant: Uuid) => {
  while (await sum(tenant));
};
/** Two bookings to a stretch, two stretches to a step, whatever their age: everything happens among a few rows. */
const TINY = { bookings: 2, ageMs: -3_600_000, atOnce: 2 };
const sumAll = all((tenant) => sumBookings(fixture.database.db, tenant, Date.now(), TINY));

const DAY_ONE = Date.UTC(2031, 4, 3);
const QUARTER_HOUR_MS = 900_000;
const STATES = [
  ...(['held', 'requested', 'confirmed', 'completed', 'noShow', 'cancelled', 'declined', 'expired'] as const),
];

const changeOf = (ofLines: boolean, set: string) => ({
  what: 'change' as const,
  sql: ofLines
    ? `update engine.booking_line set ${set} where tenant_id = $1 and booking_id = $2`
    : `update engine.booking set ${set} where tenant_id = $1 and id = $2`,
});
const changes = [
  ...STATES.map((state) =>
    changeOf(false, `state = '${state}', expires_at = ${state === 'held' ? 'now()' : 'null'}`),
  ),
  changeOf(true, 'cancelled_at = now()'),
  changeOf(true, `cancelled_at = (details ->> 'start')::timestamptz + interval '1 minute'`),
  changeOf(true, 'quantity = quantity + 1, total_minor = total_minor + 7'),
  changeOf(true, `details = details || '{"skipped": true}'`),
  changeOf(true, `details = jsonb_set(details, '{start}', '"2031-07-01T10:00:00Z"')`),
  changeOf(true, 'checked_in_at = now()'),
];

/** Somebody books, somebody changes what was booked, the sums are made, or changes are forgotten. */
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant('book' as const),
      quarterHour: fc.integer({ min: 0, max: 96 * 3 }),
      /** How far the clock of ids is off. */
      offMinutes: fc.integer({ min: -200, max: 200 }),
      state: fc.constantFrom(...STATES),
      kinds: fc.array(fc.constantFrom('room', 'seat'), { minLength: 1, maxLength: 3 }),
      currency: fc.constantFrom('EUR', 'CHF'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ which: fc.nat(), change: fc.constantFrom(...changes) }) },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('sum' as const), steps: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('forget' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
type Booked = Extract<Step, { what: 'book' }>;

const question = fc.record({
  from: fc.integer({ min: -10, max: 96 * 3 }),
  minutes: fc.integer({ min: 1, max: 60 * 24 * 5 }),
  isAligned: fc.boolean(),
  per: fc.constantFrom<Per>('day', 'week', 'month'),
  timezone: fc.constantFrom('UTC', 'Asia/Kathmandu', 'America/New_York'),
});
type Question = typeof question extends fc.Arbitrary<infer Q> ? Q : never;

function windowOf({ from, minutes, isAligned }: Question): { startsAt: number; endsAt: number } {
  const startsAt = DAY_ONE + from * QUARTER_HOUR_MS + (isAligned ? 0 : 123_456);
  const length = isAligned ? Math.ceil(minutes / 15) * QUARTER_HOUR_MS : minutes * 60_000;
  return { startsAt, endsAt: startsAt + length };
}

/** A history of one company, played straight into the tables: what is changed, and with it the change that tells of it. */
class History {
  readonly #client: pg.Client;
  readonly #tenant: Uuid;
  readonly #booked: Uuid[] = [];

  constructor(client: pg.Client, tenant: Uuid) {
    this.#client = client;
    this.#tenant = tenant;
  }

  async play(given: Step): Promise<void> {
    const { db } = fixture.database;
    if ('change' in given) {
      const id = this.#booked[given.which % this.#booked.length];
      if (id !== undefined)
        await this.#told(id, () => this.#client.query(given.change.sql, [this.#tenant, id]));
    } else if (given.what === 'book') await this.#book(given);
    else if (given.what === 'forget') await dropOld(db, this.#tenant, { read: Infinity, unread: Infinity });
    else
      for (let n = 0; n < given.steps; n++) await sumBookings(db, this.#tenant, DAY_ONE + 9 * DAY_MS, TINY);
  }

  async #book({ quarterHour, offMinutes, state, kinds, currency }: Booked): Promise<void> {
    const at = DAY_ONE + quarterHour * QUARTER_HOUR_MS;
    const id = uuidV7(at + offMinutes * 60_000);
    const stretch = { start: '2031-06-01T10:00:00Z', end: '2031-06-01T11:00:00Z' };
    await this.#told(id, async () => {
      await this.#client.query(
        `insert into engine.booking (tenant_id, id, reference, state, expires_at, hold_seconds, currency, total_minor, created_at, created_by)
         values ($1, $2::uuid, $2::uuid::text, $3, case when $3::text = 'held' then now() end, 60, $4, 0, $5, 'test')`,
        [this.#tenant, id, state, currency, new Date(at)],
      );
      for (const [i, kind] of kinds.entries())
        await this.#client.query(
          `insert into engine.booking_line (tenant_id, booking_id, line_no, kind, details, quantity, unit_minor, total_minor)
           values ($1, $2, $3, $4, $5, 1, 100, 100)`,
          [this.#tenant, id, i + 1, kind, kind === 'room' ? stretch : {}],
        );
    });
    this.#booked.push(id);
  }

  async #told(id: Uuid, work: () => Promise<unknown>): Promise<void> {
    await this.#client.query('begin');
    await work();
    await this.#client.query(
      `with k as (update engine.tenant_clock set seq = seq + 1 where tenant_id = $1 returning seq)
       insert into engine.change (tenant_id, seq, at, type, booking_id, resource_ids, actor, payload)
       select $1, k.seq, now(), 'booking.any', $2, '{}', 'test', '{}' from k`,
      [this.#tenant, id],
    );
    await this.#client.query('commit');
  }
}

let companies = 0;
/** A new company, and a connection of the owner on which it is set. */
async function onCompany(work: (client: pg.Client, tenant: Uuid) => Promise<void>): Promise<void> {
  const { db, ownerUrl } = fixture.database;
  const tenant = (await createTenant(db, { slug: `sums-${(companies += 1)}` })).id;
  await asOwner(ownerUrl, async (client) => {
    await client.query(`set holdfast.tenant = '${tenant}'`);
    await work(client, tenant);
  });
}

test('whatever is booked and changed, and however late the sums are, the report says what the bookings say', async () => {
  const history = fc.array(fc.tuple(step, question), { minLength: 5, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(history, (steps) =>
      onCompany(async (client, tenant) => {
        const played = new History(client, tenant);
        for (const [given, asked] of steps) {
          await played.play(given);
          const { per, timezone } = asked;
          await assertExact(client, tenant, { ...windowOf(asked), per, timezone }, JSON.stringify(given));
        }
      }),
    ),
    { numRuns: 20, endOnFailure: true },
  );
});

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
  await onCompany(async (client, tenant) => {
    const played = new History(client, tenant);
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
