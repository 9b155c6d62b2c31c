import assert from 'node:assert/strict';
import { examine } from '../src/engine/examine.ts';
import type { Invariant } from '../src/engine/invariant.ts';
import type { Ticket } from '../src/kinds/events/ticket-schema.ts';
import { promises } from '../src/kinds/index.ts';
import type { Tenant } from '../src/people/access.ts';
import type { Uuid } from '../src/platform/id.ts';
import { asOwner } from '../src/platform/migrate.ts';
import { call, testApp, type Call, type TestApp } from './app.ts';

export interface SeatNow {
  id: Uuid;
  sectionId: Uuid;
  row: string;
  number: number;
  state: string;
}

export interface SectionNow {
  id: Uuid;
  name: string;
  kind: string;
  capacity: number;
  available: number;
  amountMinor: number;
}

export interface InventoryNow {
  eventId: Uuid;
  sections: SectionNow[];
  version: number;
  seats?: SeatNow[];
}

/** An event on sale, with the ids of its sections by name. */
export interface OnSale {
  id: Uuid;
  version: number;
  section(name: string): Uuid;
}

export type Answer = Awaited<ReturnType<BoxOffice['ask']>>;

const HALL = [
  { name: 'Floor', kind: 'standing', capacity: 50 },
  {
    name: 'Stalls',
    kind: 'seated',
    rows: [
      { name: 'A', seats: 10 },
      { name: 'B', seats: 10 },
    ],
  },
];

/** A company that sells events through the real application, on a database of its own. */
export class BoxOffice {
  readonly web: TestApp;
  readonly tenant: Tenant;
  readonly #base: string;
  readonly #keys: Readonly<Record<'admin' | 'client' | 'other', string>>;

  private constructor(web: TestApp, tenant: Tenant, base: string, keys: readonly string[]) {
    this.web = web;
    this.tenant = tenant;
    this.#base = base;
    const [admin = '', client = '', other = ''] = keys;
    this.#keys = { admin, client, other };
  }

  static async open(): Promise<BoxOffice> {
    return BoxOffice.in(await testApp());
  }

  /** Another company on the same server. */
  neighbour(): Promise<BoxOffice> {
    return BoxOffice.in(this.web);
  }

  static async in(web: TestApp): Promise<BoxOffice> {
    const { tenant, base, keys } = await web.tenantWith('admin', 'client', 'client');
    return new BoxOffice(web, tenant, base, keys);
  }

  close(): Promise<void> {
    return this.web.close();
  }

  /** A call with the admin's key unless `by` says otherwise. */
  async ask(
    method: string,
    path: string,
    asked: Call & { by?: 'admin' | 'client' | 'other' | 'public' } = {},
  ) {
    const { by = 'admin', ...rest } = asked;
    const key = by === 'public' ? undefined : this.#keys[by];
    return call(this.web.app, method, `${this.#base}${path}`, { key, ...rest });
  }

  get(path: string) {
    return this.ask('GET', path);
  }

  post(path: string, body: unknown = {}, headers: Record<string, string> = {}) {
    return this.ask('POST', path, { body, headers });
  }

  patch(path: string, body: unknown, version = '*') {
    return this.ask('PATCH', path, { body, headers: { 'if-match': version } });
  }

  remove(path: string, version = '*') {
    return this.ask('DELETE', path, { headers: { 'if-match': version } });
  }

  hold(...lines: readonly object[]) {
    return this.post('/holds', { lines });
  }

  /** A venue with 50 standing places and two rows of ten seats, unless told otherwise. */
  async venue(sections: readonly object[] = HALL): Promise<Uuid> {
    const made = await this.post('/venues', { name: 'Hall', sections });
    assert.equal(made.status, 201, made.text);
    return String(made.body['id']);
  }

  /** An event in 2030 with a price of 10.00 for each section, unless told otherwise; a draft. */
  async draft(given: Record<string, unknown> = {}): Promise<OnSale> {
    const venueId = given['venueId'] ?? (await this.venue());
    const venue = (await this.get(`/venues/${String(venueId)}`)).body['sections'] as { name: string }[];
    const prices = venue.map(({ name }) => ({ section: name, amountMinor: 1_000 }));
    const made = await this.post('/events', {
      name: 'Concert',
      venueId,
      startsAt: '2030-05-06T18:00:00Z',
      prices,
      ...given,
    });
    assert.equal(made.status, 201, made.text);
    const sections = made.body['prices'] as { section: string; sectionId: Uuid }[];
    const byName = new Map(sections.map((price) => [price.section, price.sectionId]));
    return {
      id: String(made.body['id']),
      version: Number(made.body['version']),
      section: (name) => byName.get(name) ?? '',
    };
  }

  /** The same, published. */
  async event(given: Record<string, unknown> = {}): Promise<OnSale> {
    const draft = await this.draft(given);
    const published = await this.post(`/events/${draft.id}/publish`);
    assert.equal(published.status, 200, published.text);
    return { ...draft, version: Number(published.body['version']) };
  }

  /** A confirmed booking of these lines, by the customer unless told otherwise. */
  async sold(
    lines: readonly object[],
    more: object = {},
    by: 'client' | 'admin' = 'client',
  ): Promise<Answer> {
    const held = await this.ask('POST', '/holds', { body: { lines, ...more }, by });
    assert.equal(held.status, 201, held.text);
    const confirmed = await this.ask('POST', `/bookings/${String(held.body['id'])}/confirm`, { by });
    assert.equal(confirmed.status, 200, confirmed.text);
    return confirmed;
  }

  /** The tickets of a booking, with their tokens. */
  async tickets(bookingId: unknown): Promise<Ticket[]> {
    const answer = await this.get(`/bookings/${String(bookingId)}/tickets`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body['data'] as Ticket[];
  }

  async inventory(event: { id: Uuid }): Promise<InventoryNow & { seats: SeatNow[] }> {
    const answer = await this.get(`/events/${event.id}/inventory?seats=true`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body as unknown as InventoryNow & { seats: SeatNow[] };
  }

  /** Ids of an event's seats in their order. */
  async seats(event: { id: Uuid }): Promise<Uuid[]> {
    return (await this.inventory(event)).seats.map((seat) => seat.id);
  }

  /** Places of an event that can be had, by section. */
  async available(event: { id: Uuid }): Promise<Record<string, number>> {
    const { sections } = await this.inventory(event);
    return Object.fromEntries(sections.map(({ name, available }) => [name, available]));
  }

  /** Rows of the company, read as the owner of the database does. */
  async rows(query: string): Promise<unknown[]> {
    return asOwner(this.web.database.ownerUrl, async (client) => {
      await client.query(`set holdfast.tenant = '${this.tenant.id}'`);
      return (await client.query<object>(query)).rows;
    });
  }

  /** What the doctor finds broken; the tests' cluster does not wait for the disk, which it rightly complains about. */
  async broken(more: readonly Invariant[] = []): Promise<string[]> {
    const found = await asOwner(this.web.database.ownerUrl, (client) =>
      Array.fromAsync(examine(client, new Set([...promises, ...more]))),
    );
    return found.filter(({ id, broken }) => broken > 0 && id !== 'durability-is-on').map(({ id }) => id);
  }
}

export function seatLine(event: { id: Uuid }, ...seatIds: readonly (Uuid | undefined)[]) {
  return { kind: 'seat', eventId: event.id, seatIds };
}

export function admission(event: OnSale, section: string, quantity: number) {
  return { kind: 'admission', eventId: event.id, sectionId: event.section(section), quantity };
}

/** The reasons of an answer, as `pointer reason`. */
export function faults({ body }: { body: Answer['body'] }): string[] {
  return (body.errors ?? []).map(({ pointer, reason }) => `${pointer} ${reason}`);
}
