import fc from 'fast-check';
import type pg from 'pg';
import { sumBookings } from '../src/engine/booked-sums.ts';
import type { Per } from '../src/engine/booking-report.ts';
import { dropOld } from '../src/engine/feed.ts';
import { createTenant } from '../src/people/tenant.ts';
import type { Database } from '../src/platform/db.ts';
import { uuidV7, type Uuid } from '../src/platform/id.ts';
import { asOwner } from '../src/platform/migrate.ts';
import { DAY_MS } from '../src/platform/zone.ts';
import type { FreshDatabase } from './database.ts';

/** Rooms that are booked in it. */
export const ROOMS: readonly [Uuid, Uuid] = [uuidV7(), uuidV7()];
/** Two bookings to a stretch, two stretches to a step, whatever their age: everything happens among a few rows. */
export const TINY = { bookings: 2, ageMs: -3_600_000, atOnce: 2 };

export const DAY_ONE = Date.UTC(2031, 4, 3);
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
  changeOf(true, 'checked_in_at = now(), cancelled_at = now()'),
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
  readonly #db: Database;
  readonly #client: pg.Client;
  readonly #tenant: Uuid;
  readonly #booked: Uuid[] = [];

  constructor(db: Database, client: pg.Client, tenant: Uuid) {
    this.#db = db;
    this.#client = client;
    this.#tenant = tenant;
  }

  async play(given: Step): Promise<void> {
    if ('change' in given) {
      const id = this.#booked[given.which % this.#booked.length];
      if (id !== undefined)
        await this.#told(id, () => this.#client.query(given.change.sql, [this.#tenant, id]));
    } else if (given.what === 'book') await this.#book(given);
    else if (given.what === 'forget')
      await dropOld(this.#db, this.#tenant, { read: Infinity, unread: Infinity });
    else
      for (let n = 0; n < given.steps; n++)
        await sumBookings(this.#db, this.#tenant, DAY_ONE + 9 * DAY_MS, TINY);
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
          [
            this.#tenant,
            id,
            i + 1,
            kind,
            kind === 'room' ? { ...stretch, roomId: ROOMS[(quarterHour + i) % 2] } : {},
          ],
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
/** A new company with a history, and a connection of the owner on which it is set. */
export async function onCompany(
  { db, ownerUrl }: FreshDatabase,
  work: (client: pg.Client, tenant: Uuid, played: History) => Promise<void>,
): Promise<void> {
  const tenant = (await createTenant(db, { slug: `history-${(companies += 1)}` })).id;
  await asOwner(ownerUrl, async (client) => {
    await client.query(`set holdfast.tenant = '${tenant}'`);
    await work(client, tenant, new History(db, client, tenant));
  });
}

/** Plays histories, and lets `examine` look at each after each step. */
export async function playHistories(
  database: FreshDatabase,
  { begin, examine }: { begin?(client: pg.Client, tenant: Uuid): Promise<void>; examine: Examine },
): Promise<void> {
  const history = fc.array(fc.tuple(step, question), { minLength: 5, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(history, (steps) =>
      onCompany(database, async (client, tenant, played) => {
        await begin?.(client, tenant);
        for (const [given, asked] of steps) {
          await played.play(given);
          const { per, timezone } = asked;
          await examine(client, tenant, { ...windowOf(asked), per, timezone }, JSON.stringify(given));
        }
      }),
    ),
    { numRuns: 20, endOnFailure: true },
  );
}

/** What a report is asked for. */
export interface AskedOf {
  startsAt: number;
  endsAt: number;
  per: Per;
  timezone: string;
}
type Examine = (client: pg.Client, tenant: Uuid, asked: AskedOf, when: string) => Promise<void>;
