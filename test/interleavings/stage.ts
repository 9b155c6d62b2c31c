import pg from 'pg';
import { openCalendar } from '../../src/engine/calendar.ts';
import type { Command, Hold } from '../../src/engine/index.ts';
import { openStock } from '../../src/engine/stock.ts';
import { uuidV7, type Uuid } from '../../src/platform/id.ts';
import { hold, openFixture, type Fixture } from '../engine-fixture.ts';
import { Session, STEPS, type Deed } from './session.ts';

/** Things made for one play, by the names under which its outcome tells of them. */
export class Props {
  readonly fixture: Fixture;
  readonly #names = new Map<Uuid, string>();

  constructor(fixture: Fixture) {
    this.fixture = fixture;
  }

  get ids(): Uuid[] {
    return [...this.#names.keys()];
  }

  named(name: string, id: Uuid = uuidV7()): Uuid {
    this.#names.set(id, name);
    return id;
  }

  async room(name: string): Promise<Uuid> {
    const id = this.named(name);
    await this.fixture.database.db.inTenant(this.fixture.tenant, (tx) => openCalendar(tx, id));
    return id;
  }

  async seats(name: string, capacity: number): Promise<Uuid> {
    const resourceId = this.named(name);
    const { database, tenant } = this.fixture;
    await database.db.inTenant(tenant, (tx) => openStock(tx, [{ resourceId, capacity }]));
    return resourceId;
  }

  /** A hold that somebody is going to ask for. */
  hold(name: string, ...[needs, given]: Parameters<typeof hold>): Hold {
    return { ...hold(needs, given), bookingId: this.named(name) };
  }

  /** Something that happened before the play begins. */
  async before(...commands: readonly Command[]): Promise<void> {
    for (const command of commands) {
      const { result } = await this.fixture.perform(command);
      if (result !== 'done') throw new Error(`before the play, ${command.verb} was ${result}`);
    }
  }

  /** The same text with names instead of ids: two plays can be compared by it. */
  tell(text: string): string {
    return text.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => this.#names.get(id) ?? id);
  }
}

/** What two sessions do to each other, set up anew for each order of their steps. */
export type Play = (props: Props) => Promise<readonly [Deed, Deed]>;

export interface Played {
  order: string;
  /** How both ended and what stands in the tables. */
  outcome: string;
  tries: number;
  /** Whether one of them ever waited for the other. */
  met: boolean;
}

/** Bookings, claims, wishes, counters and changes of the play. */
const SEEN = `
  select concat_ws(' ', 'booking', b.id, b.state, b.version, case when b.expires_at is null then 'for good' end) as line
    from engine.booking b where b.id = any ($1::uuid[])
  union all
  select concat_ws(' ', 'slot', c.booking_id, c.line_no, c.resource_id, c.starts_at,
      case when c.expires_at is null then 'for good' end)
    from engine.interval_claim c where c.booking_id = any ($1::uuid[])
  union all
  select concat_ws(' ', 'units', c.booking_id, c.line_no, c.resource_id, c.units,
      case when c.expires_at is null then 'for good' end)
    from engine.stock_claim c where c.booking_id = any ($1::uuid[])
  union all
  select concat_ws(' ', 'wish', w.booking_id, w.line_no, w.calendar_id, w.starts_at)
    from engine.wish w where w.booking_id = any ($1::uuid[])
  union all
  select concat_ws(' ', 'stock', s.resource_id, s.taken, 'of', s.capacity + s.overbook)
    from engine.stock s where s.resource_id = any ($1::uuid[])
  union all
  select concat_ws(' ', 'told', g.booking_id, g.type) from engine.change g where g.booking_id = any ($1::uuid[])`;

/** One database, two sessions on it, and somebody who sees who waits for whom. */
export class Stage {
  readonly fixture: Fixture;
  readonly #watcher: pg.Client;
  readonly #sessions: readonly [Session, Session];

  private constructor(fixture: Fixture, watcher: pg.Client, guarded: boolean) {
    this.fixture = fixture;
    this.#watcher = watcher;
    const { tenant, database } = fixture;
    const open = (name: string) => new Session({ name, url: database.servingUrl, tenant, watcher, guarded });
    this.#sessions = [open('session a'), open('session b')];
  }

  static async open({ guarded }: { guarded: boolean }): Promise<Stage> {
    const fixture = await openFixture();
    const watcher = new pg.Client({ connectionString: fixture.database.ownerUrl });
    await watcher.connect();
    await watcher.query(`set holdfast.tenant = '${fixture.tenant}'; set timezone = 'UTC'`);
    return new Stage(fixture, watcher, guarded);
  }

  /** Plays every order of the steps of both sessions; the two in which one comes after the other come first. */
  async playAll(play: Play): Promise<Played[]> {
    const played: Played[] = [];
    for (const order of orders()) played.push(await this.#play(play, order));
    return played;
  }

  async close(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.#watcher.end();
    await this.fixture.close();
  }

  async #play(play: Play, order: string): Promise<Played> {
    const props = new Props(this.fixture);
    const deeds = await play(props);
    this.#sessions.forEach((session, i) => session.intend(deeds[i] ?? deeds[0]));
    const met = await this.#lead(order);
    const endings = this.#sessions.map(({ ending }) =>
      ending?.result === 'done' ? 'done' : JSON.stringify(ending),
    );
    const { rows } = await this.#watcher.query<{ line: string }>(SEEN, [props.ids]);
    const seen = rows.map(({ line }) => props.tell(line)).sort((a, b) => (a < b ? -1 : 1));
    const tries = Math.max(...this.#sessions.map((session) => session.tries));
    const outcome = [...endings.map((ending) => props.tell(ending)), ...seen].join('\n');
    return { order, outcome, tries, met };
  }

  // Whoever waits for a lock passes his turn: the step that he has begun goes on once the other lets go.
  async #lead(order: string): Promise<boolean> {
    let met = false;
    const turns = order.split('');
    const sessionOf = (turn: string) => this.#sessions[turn === 'a' ? 0 : 1];
    while (turns.length > 0) {
      const next = turns.findIndex((turn) => !sessionOf(turn).isWaiting);
      const [turn] = next < 0 ? [] : turns.splice(next, 1);
      if (turn === undefined) throw new Error(`${order}: both sessions wait for each other`);
      const session = sessionOf(turn);
      if (session.ending === undefined) await session.step();
      met ||= session.isWaiting;
      for (const other of this.#sessions) if (other.isWaiting) await other.look();
    }
    return met;
  }
}

function orders(): string[] {
  const all: string[] = [];
  const add = (order: string, a: number, b: number) => {
    if (a === 0 && b === 0) all.push(order);
    if (a > 0) add(`${order}a`, a - 1, b);
    if (b > 0) add(`${order}b`, a, b - 1);
  };
  add('', STEPS, STEPS);
  const isSerial = (order: string) => /^(a+b+|b+a+)$/.test(order);
  return [...all.filter(isSerial), ...all.filter((order) => !isSerial(order))];
}
