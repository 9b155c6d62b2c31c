import assert from 'node:assert/strict';
import type { TSchema } from 'typebox';
import type { Answer, BoxOffice } from '../../test/box-office.ts';
import { asOwner } from '../platform/migrate.ts';
import type { Kind } from './kind.ts';
import type { AnyLine, Ware } from './world.test-double.ts';

/** One kind on trial, with a ware of its own and one of another kind to be mixed with. */
export interface Trial {
  kind: Kind;
  office: BoxOffice;
  neighbour: BoxOffice;
  ware: Ware;
  other: Ware;
}

type By = 'admin' | 'client' | 'other';

/** What every kind must keep, whatever it sells. */
export const checks: Readonly<Record<string, (trial: Trial) => Promise<void>>> = {
  'a line knows its fields and refuses others': async ({ kind, office, ware: { lines } }) => {
    for (const [word, schema] of Object.entries(kind.lines)) {
      assert.equal((schema as Written).properties?.['kind']?.const, word, `the schema of "${word}"`);
      assert.deepEqual(lax(schema), [], `places of "${word}" that take any field`);
    }
    const refused = await hold(office, 'client', { ...first(lines), priceMinor: 1 });
    told(refused, 422, 'rule_violated', '/lines/0/priceMinor unknown_field');
  },

  'what one holds nobody else gets, until it is given back': async ({ office, ware: { lines } }) => {
    const line = first(lines);
    const held = await taken(office, 'client', line);
    assert.equal(held.body['state'], 'held');
    assert.deepEqual((await office.get(at(held))).body, held.body);
    for (const by of ['client', 'other'] as const) await refuses(office, by, [line]);
    const confirmed = await move(office, held, 'confirm');
    assert.equal(confirmed.body['state'], 'confirmed');
    await refuses(office, 'other', [line]);
    await move(office, held, 'cancel');
    await taken(office, 'other', line);
  },

  'of many who want it at once exactly one gets it': async ({ office, ware: { lines } }) => {
    const rush = await Promise.all(
      Array.from({ length: 20 }, (_, i) => hold(office, i % 2 === 0 ? 'client' : 'other', first(lines))),
    );
    const won = rush.filter(({ status }) => status === 201).length;
    assert.deepEqual([won, rush.filter(({ status }) => status === 409).length], [1, 19]);
  },

  'a hold that has expired holds nothing, and cannot be confirmed': async ({ office, ware: { lines } }) => {
    const body = { lines: [first(lines)], ttlSeconds: 1 };
    const held = await office.ask('POST', '/holds', { by: 'client', body });
    await passed(office, String(held.body['expiresAt']));
    await taken(office, 'other', first(lines));
    const late = await office.ask('POST', `${at(held)}/confirm`, { by: 'client', body: {} });
    assert.deepEqual([late.status, late.body.code], [410, 'hold_expired']);
  },

  'a line is moved to something free and leaves the old, or stays what it is': async (trial) => {
    const { office, ware } = trial;
    const [here, there, full] = ware.lines;
    const held = await taken(office, 'client', here, ware.lines[3]);
    await taken(office, 'other', full);
    const to = (line: AnyLine | undefined, no = 1) => {
      const body = { lines: [{ ...line, no }] };
      return office.ask('POST', `${at(held)}/reschedule`, { by: 'client', body });
    };
    await nothingWritten(office, async () => told(await to(full), 409, 'capacity_unavailable'));
    await nothingWritten(office, async () =>
      told(await to(there, 7), 422, 'rule_violated', '/lines unknown_line'),
    );
    const moved = await to(there);
    assert.equal(moved.status, 200, moved.text);
    await taken(office, 'other', here);
    await refuses(office, 'other', [there]);
    assert.deepEqual((await to(there)).body, moved.body, 'moved to where it is');
  },

  'a line that is cancelled gives back what it had, and only that': async ({ office, ware: { lines } }) => {
    const held = await taken(office, 'client', lines[0], lines[1]);
    const sum = (held.body['lines'] as { totalMinor: number }[]).reduce(
      (of, line) => of + line.totalMinor,
      0,
    );
    assert.equal(held.body['totalMinor'], sum);
    const less = await office.ask('POST', `${at(held)}/cancel`, { by: 'client', body: { lines: [1] } });
    assert.deepEqual([less.status, less.body['state']], [200, 'held'], less.text);
    await taken(office, 'other', lines[0]);
    await refuses(office, 'other', [lines[1]]);
  },

  'another company finds nothing under these ids': async ({ office, neighbour, ware: { lines } }) => {
    const line = first(lines);
    await nothingWritten(office, async () => {
      const refused = await hold(neighbour, 'admin', line);
      told(refused, 404, 'not_found');
      assert.match(refused.body.errors[0]?.pointer ?? '', /^\/lines\/0\//);
    });
    const held = await taken(office, 'client', line);
    for (const verb of ['confirm', 'cancel', 'renew'])
      told(await neighbour.post(`${at(held)}/${verb}`), 404, 'not_found');
  },

  'a request that is refused takes nothing': async ({ office, ware: { lines, bad } }) => {
    const [good, , full] = lines;
    await taken(office, 'other', full);
    assert.ok(bad.length > 0, 'the world of a kind tells lines that are refused');
    for (const { line, reason, field } of bad)
      await nothingWritten(office, async () => {
        const refused = await hold(office, 'client', good, line);
        told(refused, 422, 'rule_violated', `/lines/1/${field} ${reason}`);
      });
    await refuses(office, 'client', [good, full]);
    await taken(office, 'client', good);
  },

  'lines of two kinds are had together or not at all': async ({ office, ware, other }) => {
    const [mine, theirs] = [first(ware.lines), first(other.lines)];
    const full = await taken(office, 'other', theirs);
    await refuses(office, 'client', [mine, theirs], 2);
    await move(office, full, 'cancel');
    const both = await taken(office, 'client', mine, theirs);
    await refuses(office, 'other', [ware.lines[1], mine], 2);
    await move(office, both, 'confirm');
    await move(office, both, 'cancel');
    await taken(office, 'other', mine);
    await taken(office, 'other', theirs);
  },

  'a repeated call is answered with its first answer and takes nothing more': async (trial) => {
    const { office, ware } = trial;
    const asked = {
      headers: { 'idempotency-key': crypto.randomUUID() },
      body: { lines: [first(ware.lines)] },
    };
    const twice = () => office.ask('POST', '/holds', { by: 'client', ...asked });
    const [one, two] = await Promise.all([twice(), twice()]);
    assert.deepEqual([one.status, two.text], [201, one.text]);
    await nothingWritten(office, async () => assert.equal((await twice()).text, one.text));
    const otherwise = { ...asked, body: { lines: [ware.lines[1]] }, by: 'client' as const };
    told(await office.ask('POST', '/holds', otherwise), 422, 'idempotency_key_reused');
    await taken(office, 'other', ware.lines[1]);
  },

  'what was read before a change of the catalogue sells nothing': async ({ office, ware }) => {
    await taken(office, 'client', first(ware.lines)); // whatever is kept for the next sale is kept now
    await ware.close();
    await nothingWritten(office, async () => {
      const refused = await hold(office, 'client', ware.lines[1]);
      told(refused, 422, 'rule_violated');
      assert.equal(refused.body.errors[0]?.reason, ware.reason);
    });
    await ware.open();
    await taken(office, 'client', ware.lines[1]);
    await ware.touch();
    await taken(office, 'client', ware.lines[2]);
  },

  'what is offered instead can be had': async ({ office, ware: { lines } }) => {
    await taken(office, 'other', first(lines));
    const refused = await refuses(office, 'client', [first(lines)]);
    const instead = refused.body['alternatives'] as AnyLine[];
    assert.ok(instead.length > 0, 'nothing is offered, and there is something');
    for (const line of instead) await move(office, await taken(office, 'client', line), 'cancel');
  },

  'a preview says what a hold would be answered, and takes nothing': async ({ office, ware: { lines } }) => {
    await taken(office, 'other', first(lines));
    await nothingWritten(office, async () => {
      const answers = await Promise.all(
        [lines[0], lines[1]].map((line) => office.post('/holds/preview', { lines: [line] })),
      );
      assert.deepEqual(
        answers.map(({ body }) => body['possible']),
        [false, true],
      );
    });
  },
};

function first([line]: readonly AnyLine[]): AnyLine {
  assert.ok(line !== undefined);
  return line;
}

function at({ body }: Answer): string {
  return `/bookings/${String(body['id'])}`;
}

export function hold(office: BoxOffice, by: By, ...lines: readonly (AnyLine | undefined)[]): Promise<Answer> {
  return office.ask('POST', '/holds', { by, body: { lines } });
}

export async function taken(
  office: BoxOffice,
  by: By,
  ...lines: readonly (AnyLine | undefined)[]
): Promise<Answer> {
  const held = await hold(office, by, ...lines);
  assert.equal(held.status, 201, held.text);
  return held;
}

export async function move(office: BoxOffice, held: Answer, verb: string): Promise<Answer> {
  const moved = await office.post(`${at(held)}/${verb}`);
  assert.equal(moved.status, 200, moved.text);
  return moved;
}

/** Refused for want of capacity, by the line that could not have it, and nothing at all was written. */
async function refuses(
  office: BoxOffice,
  by: By,
  lines: readonly (AnyLine | undefined)[],
  no = lines.length,
) {
  return nothingWritten(office, async () => {
    const refused = await hold(office, by, ...lines);
    told(refused, 409, 'capacity_unavailable');
    const conflicts = refused.body['conflicts'] as { line: number }[];
    assert.deepEqual([...new Set(conflicts.map(({ line }) => line))], [no], refused.text);
    return refused;
  });
}

function told({ status, body, text }: Answer, wanted: number, code: string, fault?: string): void {
  assert.deepEqual([status, body.code], [wanted, code], text);
  const faults = (body.errors ?? []).map(({ pointer, reason }) => `${pointer} ${reason}`);
  if (fault !== undefined) assert.deepEqual(faults, [fault], text);
}

/** Everything of a company that a call could have written to. */
const WRITTEN = ['booking', 'booking_line', 'interval_claim', 'stock_claim', 'wish', 'change', 'idempotency'];

function nothingWritten<T>({ web, tenant }: BoxOffice, work: () => Promise<T>): Promise<T> {
  const counts = WRITTEN.map((table) => `(select count(*) from engine.${table}) as ${table}`);
  const look = `select ${counts.join(', ')}, (select sum(taken) from engine.stock where taken > 0) as taken`;
  return asOwner(web.database.ownerUrl, async (client) => {
    await client.query('select engine.set_tenant($1)', [tenant.id]);
    const before = (await client.query<object>(look)).rows;
    const done = await work();
    assert.deepEqual((await client.query<object>(look)).rows, before, 'something was written');
    return done;
  });
}

/** Waits until the database's clock has come to `moment`. */
async function passed(office: BoxOffice, moment: string): Promise<void> {
  await asOwner(office.web.database.ownerUrl, (client) =>
    client.query(`select pg_sleep(greatest(0, extract(epoch from $1::timestamptz - clock_timestamp())))`, [
      moment,
    ]),
  );
}

/** A schema as it is written down. */
interface Written {
  type?: string;
  const?: unknown;
  additionalProperties?: unknown;
  properties?: Record<string, Written>;
  items?: Written;
}

/** The places of a schema at which an object takes fields that it does not know. */
function lax(schema: TSchema, place = ''): string[] {
  const { type, additionalProperties, properties = {}, items } = schema as Written;
  const own = type === 'object' && additionalProperties !== false ? [place === '' ? '/' : place] : [];
  const inside = Object.entries(properties).flatMap(([name, each]) =>
    lax(each as TSchema, `${place}/${name}`),
  );
  return [...own, ...inside, ...(items === undefined ? [] : lax(items, `${place}/*`))];
}
