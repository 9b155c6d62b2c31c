import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { merge, scanKey, type Scan, type SettledScan } from './scan.ts';

const ticket = { bookingId: 'b', lineNo: 1, placeId: 'p' };
const scans = fc.array(
  fc.record<Omit<Scan, keyof typeof ticket>>({
    scannedAt: fc.integer({ min: 0, max: 8 }),
    device: fc.constantFrom('A', 'B', 'C'),
    entrance: fc.constantFrom('', 'North'),
  }),
  { minLength: 1, maxLength: 12 },
);
/** Batches in any order, each perhaps sent again: for each, which of the scans are in it. */
const batches = fc.array(fc.array(fc.nat(11), { maxLength: 6 }), { maxLength: 8 });
const undone = fc.option(fc.integer({ min: 0, max: 8 }));

type Merge = typeof merge;

/** What is known when the batches have come one after the other, and what was written of it step by step. */
function arrive(
  how: Merge,
  all: readonly Scan[],
  sent: readonly (readonly number[])[],
  undoneAt: number | null,
) {
  const written = new Map<string, SettledScan>();
  for (const batch of sent) {
    const arriving = batch.flatMap((i) => all[i % all.length] ?? []);
    const { added, changed } = how([...written.values()], arriving, undoneAt);
    for (const scan of changed) {
      assert.ok(written.has(scanKey(scan)), 'only what is known changes');
      assert.notEqual(scan.outcome, 'counted', 'a scan that gave way never counts again');
      written.set(scanKey(scan), scan);
    }
    for (const scan of added) written.set(scanKey(scan), scan);
    const counting = [...written.values()].filter(({ outcome }) => outcome === 'counted');
    assert.ok(counting.length <= 1, 'two scans of a ticket count');
  }
  return Object.fromEntries([...written.keys()].sort().map((key) => [key, written.get(key)?.outcome]));
}

function anyOrderAndRepetition(how: Merge): void {
  fc.assert(
    fc.property(scans, batches, fc.infiniteStream(fc.nat()), undone, (some, sent, numbers, undoneAt) => {
      const all = some.map((scan) => ({ ...ticket, ...scan }));
      const shuffled = sent
        .flatMap((batch) => [batch, batch.toReversed()]) // each comes twice, once the other way round
        .map((batch) => [numbers.next().value ?? 0, batch] as const)
        .sort(([a], [b]) => a - b)
        .map(([, batch]) => batch);
      assert.deepEqual(arrive(how, all, shuffled, undoneAt), arrive(how, all, sent, undoneAt));
    }),
    { numRuns: 2_000, seed: 20261128 },
  );
}

test('in whatever order and however often batches of scans come, the same scans count', () => {
  anyOrderAndRepetition(merge);
});

test('control: were the first to come the one that counts, the order would matter', () => {
  const firstCome: Merge = (known, arriving, undoneAt) => {
    const settled = merge(known, arriving, undoneAt);
    const counts = known.some(({ outcome }) => outcome === 'counted');
    if (!counts) return settled;
    const added = settled.added.map((scan) => ({ ...scan, outcome: 'duplicate' as const }));
    return { all: [...known, ...added], added, changed: [] };
  };
  assert.throws(() => anyOrderAndRepetition(firstCome), /Property failed/);
});
