import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { silentLog } from '../../test/database.ts';
import { cancelling, hold, openFixture, type Fixture } from '../../test/engine-fixture.ts';
import { openDatabase } from '../platform/db.ts';
import { uuidV7, type Uuid } from '../platform/id.ts';
import type { Needs } from './claim.ts';
import type { HoldLine, Outcome } from './command.ts';
import { examine } from './examine.ts';
import { Groups, joined, memberId, type Group } from './groups.ts';
import { ONLY_BUCKET, openEngine, type Engine } from './index.ts';
import { invariants } from './invariants.ts';

let fixture: Fixture;
before(async () => (fixture = await openFixture()));
after(() => fixture.close());

/** A parent of stock and `count` members behind it, as a section and its seats. */
async function newGroup(count: number): Promise<Group> {
  const under = `${uuidV7().slice(0, -12)}000000000000`;
  const group = { under, first: memberId({ first: under }, 1), count };
  const rows = [under, ...Array.from({ length: count }, (_, i) => memberId(group, i))];
  await fixture.tamper((client) =>
    client.query(
      `insert into engine.stock (tenant_id, resource_id, capacity)
       select $1, n.id, case when n.no = 1 then $3::int else 1 end
       from unnest($2::uuid[]) with ordinality as n (id, no)`,
      [fixture.tenant, rows, count],
    ),
  );
  return group;
}

const one = (resourceId: Uuid) => ({ resourceId, bucket: ONLY_BUCKET, units: 1 });
const member = (group: Group, index: number): Needs => {
  return { intervals: [], units: [one(group.under), one(memberId(group, index))] };
};

/** The first member that is free. */
function any(group: Group): HoldLine {
  return {
    ...{ no: 1, kind: 'test', details: {}, quantity: 1, unitMinor: 0, taxMinor: 0, totalMinor: 0 },
    ...{ intervals: [], units: [] },
    choice: {
      from: { intervals: [], units: [one(group.under)], groups: [group] },
      pick: (free) => {
        const index = free.freeIn(group).indexOf(1);
        return index === -1 ? null : { ...member(group, index), details: { index } };
      },
    },
  };
}

test('two processes that sell a group by name and by choice, while some give back, sell each member once and all of them', async () => {
  const { servingUrl } = fixture.database;
  const pools = [1, 2].map(() => openDatabase({ url: servingUrl, size: 3, named: true, log: silentLog }));
  const engines = pools.map((db) => openEngine({ db, log: silentLog, width: 2, guarded: true }));
  for (let round = 0; round < 5; round++) {
    const group = await newGroup(40);
    const buy = async (buyer: number): Promise<Outcome> => {
      const engine = engines[buyer % 2] as Engine;
      const asked = buyer % 3 === 0 ? hold([member(group, buyer % 40)]) : hold([], { lines: [any(group)] });
      const outcome = await engine.perform(fixture.tenant, asked);
      if (outcome.result !== 'done' || buyer % 5 !== 0) return outcome;
      return engine.perform(fixture.tenant, cancelling(asked.bookingId));
    };
    const outcomes = await Promise.all(Array.from({ length: 80 }, (_, buyer) => buy(buyer)));
    assert.ok(outcomes.every(({ result }) => result === 'done' || result === 'refused'));
    await Promise.all(Array.from({ length: 40 }, () => buy(1)));
    const taken = `select count(*) from engine.stock where resource_id > '${group.under}' and taken = 1
      and resource_id <= '${memberId(group, 39)}'`;
    assert.equal(await fixture.count(taken), 40);
  }
  await Promise.all(pools.map((pool) => pool.close()));
});

test('what a hold of the same batch leaves is what the next one sees, and a preview sees the same', async () => {
  const group = await newGroup(3);
  const outcomes = await Promise.all(
    Array.from({ length: 4 }, () => fixture.perform(hold([], { lines: [any(group)] }))),
  );
  const chosen = outcomes.map((outcome) =>
    outcome.result === 'done' ? outcome.booking.lines[0]?.details['index'] : outcome.result,
  );
  assert.deepEqual(chosen, [0, 1, 2, 'refused']);
  const preview = await fixture.engine.preview(fixture.tenant, hold([], { lines: [any(group)] }));
  assert.ok(preview.result === 'refused');
  assert.deepEqual(preview.conflicts, [{ line: 1, resource: group.under, reason: 'nothing_fits' }]);
});

const first = '00000000-0000-7000-8000-00000000fffe';

test('a group counts like one map of its members would', () => {
  const steps = fc.array(fc.record({ index: fc.nat(9), units: fc.constantFrom(1, -1) }));
  fc.assert(
    fc.property(fc.stringMatching(/^[f-]{10}$/), steps, fc.array(fc.nat(9)), (members, taken, asked) => {
      const groups = new Groups([{ first, members }]);
      const left = members.split('').map((letter) => Number(letter === 'f'));
      for (const { index, units } of taken) {
        groups.take(memberId({ first }, index), units);
        left[index] = (left[index] ?? 0) - units;
      }
      const wanted = asked.map((index): [string, number] => [
        `${memberId({ first }, index)} ${ONLY_BUCKET}`,
        1,
      ]);
      for (const [i, units] of left.entries()) assert.equal(groups.left(memberId({ first }, i)), units);
      const free = left.map((units, i) => Number(units - asked.filter((index) => index === i).length > 0));
      const part = { under: first, first: memberId({ first }, 2), count: 7 };
      assert.deepEqual([...groups.free(part, wanted)], free.slice(2, 9));
      assert.equal(groups.left(memberId({ first }, 10)), undefined);
    }),
  );
});

test('groups under one parent are read as one', () => {
  const part = (from: number, count: number, under = 'a') => ({
    under,
    first: memberId({ first }, from),
    count,
  });
  assert.deepEqual(joined([part(4, 2), part(0, 1), part(5, 3), part(1, 1, 'b')]), [
    part(0, 8),
    part(1, 1, 'b'),
  ]);
});

test('afterwards every promise of the doctor holds', async () => {
  const found = await fixture.tamper((client) => Array.fromAsync(examine(client, invariants)));
  const broken = found.filter(({ id, broken }) => broken > 0 && id !== 'durability-is-on');
  assert.deepEqual(broken, []);
});
