import assert from 'node:assert/strict';
import type { KeyRole } from '../src/people/key.ts';
import type { Tenant } from '../src/people/access.ts';
import type { Uuid } from '../src/platform/id.ts';
import { asOwner } from '../src/platform/migrate.ts';
import { call, testApp, type Call, type TestApp } from './app.ts';

type Who = KeyRole | 'other' | 'public';

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
    const web = await testApp();
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
  ask(method: string, path: string, { by = 'admin', ...asked }: Call & { by?: Who } = {}) {
    return call(this.web.app, method, `${this.base}${path}`, { key: this.#keys[by], ...asked });
  }

  get(path: string, by: Who = 'admin') {
    return this.ask('GET', path, { by });
  }

  post(path: string, body: unknown = {}, by: Who = 'admin') {
    return this.ask('POST', path, { body, by });
  }

  /** What a call that must succeed answers. */
  async done(path: string, body: unknown = {}, by: Who = 'admin'): Promise<Done> {
    const answer = await this.post(path, body, by);
    assert.ok(answer.status < 300, answer.text);
    return answer.body as unknown as Done;
  }

  /** A room with ten places, unless told otherwise. */
  async room(given: Record<string, unknown> = {}): Promise<Uuid> {
    const name = `Room ${(this.#rooms += 1)}`;
    return (await this.done('/rooms', { name, building: 'Main', capacity: 10, ...given })).id;
  }

  async held(lines: readonly object[], by: Who = 'admin'): Promise<Done> {
    return this.done('/holds', { lines }, by);
  }

  async booked(lines: readonly object[], by: Who = 'admin'): Promise<Done> {
    return this.done(`/bookings/${(await this.held(lines, by)).id}/confirm`, {}, by);
  }

  async read(id: Uuid): Promise<Done> {
    const answer = await this.get(`/bookings/${id}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body as unknown as Done;
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

export interface Done {
  id: Uuid;
  state: string;
  version: number;
  expiresAt: string | null;
  checkedInAt: string | null;
  lines: {
    no: number;
    roomId: Uuid;
    start: string;
    end: string;
    cancelledAt: string | null;
    checkedInAt: string | null;
  }[];
}

/** The code of a refusal with the reasons of its faults or conflicts. */
export function told({ body }: Awaited<ReturnType<typeof call>>): string[] {
  const { conflicts } = body as { conflicts?: { reason: string }[] };
  return [body.code, ...(body.errors ?? conflicts ?? []).map(({ reason }) => reason)];
}
