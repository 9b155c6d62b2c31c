import assert from 'node:assert/strict';
import type { KeyRole } from '../src/people/key.ts';
import type { Tenant } from '../src/people/access.ts';
import type { Uuid } from '../src/platform/id.ts';
import { asOwner } from '../src/platform/migrate.ts';
import { call, testApp, type Body, type Call, type TestApp } from './app.ts';

export type Answer = Awaited<ReturnType<FrontDesk['ask']>>;
export type Who = KeyRole | 'other' | 'public';

/** A company that lets rooms through the real application, on a database of its own. */
export class FrontDesk {
  readonly web: TestApp;
  readonly tenant: Tenant;
  readonly base: string;
  readonly #keys: Readonly<Partial<Record<Who, string>>>;
  #rooms = 0;

  private constructor(web: TestApp, tenant: Tenant, base: string, keys: FrontDesk['keys']) {
    this.web = web;
    this.tenant = tenant;
    this.base = base;
    this.#keys = keys;
  }

  static async open(): Promise<FrontDesk> {
    return FrontDesk.in(await testApp());
  }

  /** Another company on the same server. */
  neighbour(): Promise<FrontDesk> {
    return FrontDesk.in(this.web);
  }

  static async in(web: TestApp): Promise<FrontDesk> {
    const { tenant, base, keys } = await web.tenantWith('admin', 'staff', 'client', 'client');
    const [admin = '', staff = '', client = '', other = ''] = keys;
    return new FrontDesk(web, tenant, base, { admin, staff, client, other });
  }

  get keys(): Readonly<Partial<Record<Who, string>>> {
    return this.#keys;
  }

  close(): Promise<void> {
    return this.web.close();
  }

  /** A call with the admin's key unless `by` says otherwise. */
  async ask(method: string, path: string, { by = 'admin', ...asked }: Call & { by?: Who } = {}) {
    const answer = await call(this.web.app, method, `${this.base}${path}`, { key: this.#keys[by], ...asked });
    return { ...answer, body: answer.body as Told };
  }

  get(path: string, by: Who = 'admin') {
    return this.ask('GET', path, { by });
  }

  post(path: string, body: unknown = {}, by: Who = 'admin') {
    return this.ask('POST', path, { body, by });
  }

  patch(path: string, body: unknown, version = '*') {
    return this.ask('PATCH', path, { body, headers: { 'if-match': version } });
  }

  remove(path: string, version = '*') {
    return this.ask('DELETE', path, { headers: { 'if-match': version } });
  }

  /** What a call that must make something answers. */
  async made(path: string, body: unknown = {}, by: Who = 'admin'): Promise<Told> {
    return succeeded(await this.post(path, body, by), 201);
  }

  /** What a call that must change something answers. */
  async done(path: string, body: unknown = {}, by: Who = 'admin'): Promise<Told> {
    return succeeded(await this.post(path, body, by), 200);
  }

  /** A room with ten places, unless told otherwise; rooms follow each other by name, too. */
  async room(given: Record<string, unknown> = {}): Promise<Uuid> {
    const name = `Room ${String((this.#rooms += 1)).padStart(3, '0')}`;
    return (await this.made('/rooms', { name, building: 'Main', capacity: 10, ...given })).id;
  }

  hold(lines: readonly object[], by: Who = 'admin', more: object = {}) {
    return this.post('/holds', { lines, ...more }, by);
  }

  async held(lines: readonly object[], by: Who = 'admin', more: object = {}): Promise<Told> {
    return succeeded(await this.hold(lines, by, more), 201);
  }

  async booked(lines: readonly object[], by: Who = 'admin', more: object = {}): Promise<Told> {
    return this.done(`/bookings/${(await this.held(lines, by, more)).id}/confirm`, {}, by);
  }

  async read(id: Uuid): Promise<Told> {
    return succeeded(await this.get(`/bookings/${id}`), 200);
  }

  /** When a room is taken, as everybody may see. */
  async busy(roomId: Uuid, from: string, to: string): Promise<Stretch[]> {
    const window = new URLSearchParams({ from, to });
    const answer = await this.get(`/rooms/${roomId}/availability?${String(window)}`, 'public');
    assert.equal(answer.status, 200, answer.text);
    return answer.body['busy'] as Stretch[];
  }

  /** Moves a booking with all its lines into the past, around the program. */
  async backdate(id: Uuid, minutes: number): Promise<void> {
    const past = (time: string) =>
      `to_char((details->>'${time}')::timestamptz - make_interval(mins => $3), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
    await this.asOwner(
      `update engine.interval_claim
       set starts_at = starts_at - make_interval(mins => $3), ends_at = ends_at - make_interval(mins => $3)
       where tenant_id = $1 and booking_id = $2`,
      [id, minutes],
    );
    await this.asOwner(
      `update engine.booking_line
       set details = details || jsonb_build_object('start', ${past('start')}, 'end', ${past('end')})
       where tenant_id = $1 and booking_id = $2`,
      [id, minutes],
    );
  }

  /** A statement of the database's owner in this company, which is its $1. */
  async asOwner<R extends object>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    return asOwner(this.web.database.ownerUrl, async (owner) => {
      await owner.query(`set holdfast.tenant = '${this.tenant.id}'`);
      return (await owner.query<R>(text, [this.tenant.id, ...values])).rows;
    });
  }
}

export interface Stretch {
  start: string;
  end: string;
}

export interface RoomLine extends Stretch {
  kind: string;
  roomId: Uuid;
}

export interface Done {
  id: Uuid;
  reference: string;
  state: string;
  version: number;
  expiresAt: string | null;
  checkedInAt: string | null;
  lines: (Stretch & {
    no: number;
    roomId: Uuid;
    cancelledAt: string | null;
    checkedInAt: string | null;
    skipped?: { reason: string; detail: string }[];
    /** What only a preview tells. */
    free?: boolean;
    colliding?: Uuid[];
    series?: { occurrences: number; timezone: string; exception?: true };
  })[];
}

/** What the tests look at in an answer: of a booking when it is one, else of the refusal. */
export interface Told extends Body, Done {
  conflicts: { line: number; reason: string; rule: string; limit: number; available: number }[];
  alternatives?: RoomLine[];
}

function succeeded({ status, body, text }: Answer, wanted: number): Told {
  assert.equal(status, wanted, text);
  return body;
}

export function roomLine(roomId: Uuid, start: string, end: string): RoomLine {
  return { kind: 'room', roomId, start, end };
}

/** The code of a refusal with the reasons of its faults or conflicts. */
export function told({ body }: Answer): string[] {
  const { errors, conflicts = [] } = body as Partial<Told>;
  return [body.code, ...(errors ?? conflicts).map(({ reason }) => reason)];
}
