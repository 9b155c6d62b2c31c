import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { hold, on, openFixture, slot, units, type Fixture } from '../../test/engine-fixture.ts';
import { examine, invariants, type Finding } from './invariants.ts';

let fixture: Fixture;
before(async () => {
  fixture = await openFixture();
  const room = await fixture.newCalendar();
  const seats = await fixture.newStock(5);
  await fixture.perform(hold([slot(room, 0), units(seats, 2)]));
  const confirmed = hold([slot(room, 1), units(seats, 1)]);
  await fixture.perform(confirmed);
  await fixture.perform(on('confirm', confirmed.bookingId));
});
after(() => fixture.close());

/** One way to break each promise, around the constraints that stand in front of it. */
const violations: Readonly<Record<string, string>> = {
  'no-overlap': `alter table engine.interval_claim drop constraint interval_never_shared;
    update engine.interval_claim set starts_at = starts_at - interval '30 minutes'`,
  'stock-adds-up': `update engine.stock set taken = taken + 1`,
  'claim-has-booking': `update engine.interval_claim set expires_at = null`,
  'booking-has-claims': `delete from engine.interval_claim; delete from engine.stock_claim`,
  'holds-are-swept': `update engine.booking set expires_at = now() - interval '2 minutes' where state = 'held'`,
  'amounts-add-up': `update engine.booking set total_minor = total_minor + 1`,
  'changes-are-gapless': `delete from engine.change where seq = 2`,
  'state-was-told': `delete from engine.change where type = 'booking.confirmed'`,
  'no-future': `update engine.booking set created_at = now() + interval '1 hour'`,
  'walls-stand': `alter table engine.booking no force row level security`,
  'tenant-in-keys': `alter table engine.guard add constraint loose unique (version)`,
  'roles-cannot-climb': `alter table engine.guard owner to holdfast_app`,
  'nothing-half-built': `alter table engine.stock add constraint loose check (capacity < 0) not valid`,
};

test('every promise holds on a sound database and says how much it looked at', async () => {
  const found = await fixture.tamper((client) => Array.fromAsync(examine(client)));
  assert.deepEqual(
    found.map((finding) => finding.id),
    invariants.map((invariant) => invariant.id),
  );
  for (const finding of found.filter(({ id }) => id !== 'durability-is-on')) {
    assert.equal(finding.broken, 0, `${finding.id}: ${finding.examples.join()}`);
    assert.ok(finding.examined > 0, `${finding.id} looked at nothing`);
  }
});

for (const [id, violation] of [
  ['walls-stand', 'create policy open_door on engine.booking using (true)'],
  ['walls-stand', 'create policy open_hand on engine.booking for update to holdfast_worker using (true)'],
  ['tenant-in-keys', 'create unique index loose on engine.booking (reference)'],
] as const)
  test(`the doctor sees a broken promise: ${id}, by "${violation}"`, async () => {
    assert.equal((await planted(violation, id)).broken, 1);
  });

test('the doctor sees that answered bookings could be lost', async () => {
  const named = async (setting: 'on' | 'off') =>
    (await planted(`set local synchronous_commit = ${setting}`, 'durability-is-on')).examples.includes(
      'synchronous_commit',
    );
  assert.deepEqual([await named('on'), await named('off')], [false, true]); // tests run with the other switches off
});

for (const { id } of invariants.filter((each) => each.id !== 'durability-is-on'))
  test(`the doctor sees a broken promise: ${id}`, async () => {
    const violation = violations[id];
    assert.ok(violation, `no violation is planted for ${id}`);
    const finding = await planted(violation, id);
    assert.ok(finding.broken > 0);
    assert.ok(finding.examples.length > 0);
  });

// Planted in a transaction that is rolled back; the checks begin and commit theirs inside it as savepoints would.
async function planted(violation: string, id: string): Promise<Finding> {
  return fixture.tamper(async (client) => {
    await client.query('begin');
    await client.query(violation);
    const query = client.query.bind(client) as (text: string, values?: unknown[]) => Promise<unknown>;
    const inside = {
      query: async (text: string, values?: unknown[]) =>
        /^(begin|commit)/.test(text) ? undefined : query(text, values),
    };
    const found = await Array.fromAsync(examine(inside as unknown as typeof client));
    await client.query('rollback');
    const finding = found.find((each) => each.id === id);
    assert.ok(finding);
    return finding;
  });
}
