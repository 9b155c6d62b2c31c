import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { testApp } from '../../test/app.ts';
import { BoxOffice } from '../../test/box-office.ts';
import { equipment } from '../../test/equipment/index.ts';
import { world as equipmentWorld } from '../../test/equipment/world.test-double.ts';
import { asOwner } from '../platform/migrate.ts';
import { checks, hold, move, taken, type Trial } from './conformance.test-double.ts';
import { kinds } from './index.ts';
import type { Kind } from './kind.ts';
import type { KindWorld } from './world.test-double.ts';

/** Runs unasked on every kind in `index.ts`, and on the worked example of README.md. */
async function worldOf({ name }: Kind): Promise<KindWorld> {
  const { world } = (await import(`./${name}/world.test-double.ts`)) as { world: KindWorld };
  return world;
}

const worlds = await Promise.all(kinds.map(worldOf));
const tried: readonly (readonly [Kind, KindWorld])[] = [
  ...kinds.map((kind, i) => [kind, worlds[i] ?? { wares: {} }] as const),
  [equipment, equipmentWorld],
];

/** A company that sells everything, the example included; `as` stands in for the example where that is broken on purpose. */
async function openOffice(as: Kind = equipment): Promise<BoxOffice> {
  const web = await testApp({ more: [as] });
  const migration = await readFile(new URL('../../test/equipment/migration.sql', import.meta.url), 'utf8');
  await asOwner(web.database.ownerUrl, (client) => client.query(migration));
  return BoxOffice.in(web);
}

let office: BoxOffice;
let neighbour: BoxOffice;
before(async () => {
  office = await openOffice();
  neighbour = await office.neighbour();
});
after(() => office.close());

/** Another kind than `of`, to be mixed with it. */
async function otherWare(of: Kind, at: BoxOffice): Promise<Trial['other']> {
  const [, world] = tried.find(([kind]) => kind.name !== of.name) ?? [];
  const [make] = Object.values(world?.wares ?? {});
  assert.ok(make !== undefined);
  return make(at);
}

for (const [kind, { wares, limited }] of tried)
  describe(kind.name, () => {
    for (const [word, make] of Object.entries(wares)) {
      assert.ok(word in kind.lines, `"${word}" is a line of the kind ${kind.name}`);
      for (const [promise, check] of Object.entries(checks))
        test(`${word}: ${promise}`, async () => {
          const [ware, other] = [await make(office), await otherWare(kind, office)];
          await check({ kind, office, neighbour, ware, other });
        });
    }

    if (limited !== undefined)
      test('what one person may have is counted with the hold, and comes back with it', async () => {
        const [one, more] = await limited(office);
        const [held, ...others] = (
          await Promise.all(Array.from({ length: 5 }, () => hold(office, 'client', one)))
        ).toSorted((a, b) => a.status - b.status);
        assert.deepEqual([held?.status, ...others.map(({ status }) => status)], [201, 409, 409, 409, 409]);
        const over = await hold(office, 'client', more);
        const [conflict] = over.body['conflicts'] as { reason: string }[];
        assert.deepEqual([over.status, conflict?.reason], [409, 'limit_reached'], over.text);
        assert.ok(held !== undefined);
        await move(office, held, 'cancel');
        await taken(office, 'client', more);
      });

    test('the doctor finds everything in order after all this', async () => {
      assert.deepEqual(await office.broken(kind.invariants), []);
    });
  });

/** Kinds that break one promise each, by the check that finds it. */
const broken: Readonly<Record<string, Partial<Kind>>> = {
  'a line knows its fields and refuses others': {
    lines: { hire: { ...equipment.lines['hire'], additionalProperties: true } },
  },
  'what one holds nobody else gets, until it is given back': {
    resolve: async (...asked) => {
      const { lines, ...rest } = await equipment.resolve(...asked);
      return { ...rest, lines: lines.map(({ choice: _, ...line }) => line) };
    },
  },
  'a request that is refused takes nothing': {
    resolve: async (context, lines) => equipment.resolve(context, lines.slice(0, 1)),
  },
  'what was read before a change of the catalogue sells nothing': {
    resolve: async (...asked) => ({ ...(await equipment.resolve(...asked)), guards: new Map() }),
  },
  'what is offered instead can be had': {
    alternatives: async (_, { kind, details }) => [{ kind, ...details }],
  },
};

for (const [promise, difference] of Object.entries(broken))
  test(`control: a kind is found of which it is not true that ${promise}`, async (t) => {
    const kind = { ...equipment, ...difference };
    const at = await openOffice(kind);
    t.after(() => at.close());
    const ware = await equipmentWorld.wares['hire']?.(at);
    const check = checks[promise];
    assert.ok(ware !== undefined && check !== undefined);
    const trial = {
      kind,
      office: at,
      neighbour: await at.neighbour(),
      ware,
      other: await otherWare(kind, at),
    };
    await assert.rejects(check(trial), assert.AssertionError);
  });

test('control: the doctor finds a line that claims less than it says', async (t) => {
  const at = await openOffice({
    ...equipment,
    resolve: async (...asked) => {
      const { lines, ...rest } = await equipment.resolve(...asked);
      return { ...rest, lines: lines.map((line) => ({ ...line, quantity: line.quantity + 1 })) };
    },
  });
  t.after(() => at.close());
  const ware = await equipmentWorld.wares['hire']?.(at);
  await taken(at, 'client', ware?.lines[0]);
  assert.deepEqual(await at.broken(equipment.invariants), ['hire-line-has-its-items']);
});
