import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { check } from './check.ts';
import type { Answer, History, Op } from './history.ts';
import { playRound, report, type Round } from './round.ts';
import { isDone } from './truth.ts';

const round: Round = { seed: Date.now() % 1_000_000, opsEach: 24 };

describe('32 actors on three rooms, two sections and three seats, through two servers', () => {
  let history: History;
  let complaints: string[];
  before(async () => {
    ({ history, complaints } = await playRound(round));
  });

  test('are told only what one booking after the other explains', (t) => {
    t.diagnostic(`seed ${round.seed}: ${history.ops.length} ops, ${history.changes.length} changes`);
    assert.equal(complaints.length, 0, report(round, complaints));
    const without = history.ops.filter((op) => op.sends.some((send) => send.answer === undefined));
    assert.ok(without.length > 0, 'no outcome was ever unknown');
  });

  // The check can fail: one answer told otherwise, and nothing else.
  for (const [what, tamper] of Object.entries(tampers()))
    test(`sees when ${what}`, () => {
      const told = structuredClone(history);
      tamper(told);
      assert.notDeepEqual(check(told), []);
    });
});

test('without locks and constraint the same actors sell twice, and the model says so', async () => {
  const { complaints } = await playRound({ seed: 1, opsEach: 1, unguarded: true });
  assert.ok(
    complaints.some((complaint) => complaint.includes('sold twice')),
    complaints.join('\n'),
  );
});

function tampers(): Record<string, (history: History) => void> {
  return {
    'a refusal names another thing': ({ ops }) => {
      const { answer } = refusal(ops, 'capacity_unavailable');
      answer.text = answer.text.replace(/"resource":"[^"]+"/, '"resource":"elsewhere"');
    },
    'what was free is refused': ({ ops }) => {
      const [op, { answer }] = done(ops, 'read');
      Object.assign(op, { intent: { verb: 'hold', lines: lonely(ops), ttlSeconds: 600 } });
      answer.status = 409;
      answer.text = refusal(ops, 'capacity_unavailable').answer.text;
    },
    'a booking is read as it was before it was changed': ({ ops }) => {
      const [, { answer }] =
        ops
          .flatMap((op) =>
            op.intent.verb === 'read' ? op.sends.filter(isDone).map((send) => [op, send] as const) : [],
          )
          .find(([, send]) => JSON.parse(send.answer.text).version > 1) ?? assert.fail();
      answer.text = answer.text.replace(/"version":\d+/, '"version":1');
    },
    'an effect comes before it was asked for': ({ ops }) => {
      const [, send] = done(ops, 'hold');
      send.calledAt += 60_000;
      send.answer.at += 60_000;
    },
    'an effect is told to nobody': ({ ops }) => {
      const [op] = done(ops, 'hold');
      op.sends = [];
    },
    'a key has two answers': ({ ops }) => {
      const [op, send] = done(ops, 'hold');
      op.sends.push({
        ...send,
        answer: { ...send.answer, text: send.answer.text.replace('held', 'confirmed') },
      });
    },
    'a list leaves a booking out': ({ ops }) => {
      const { answer, list, at } = listed(ops);
      list.data.splice(at, 1);
      answer.text = JSON.stringify(list);
    },
  };
}

function done(ops: readonly Op[], verb: string): readonly [Op, Op['sends'][number] & { answer: Answer }] {
  const found = ops.flatMap((op) => {
    const send = op.intent.verb === verb && op.sends.length === 1 ? op.sends.find(isDone) : undefined;
    return send === undefined ? [] : [[op, send] as const];
  });
  return found[found.length >> 1] ?? assert.fail(`no ${verb} was answered with success`);
}

/**
 * A list and the place in it of a booking whose hold was answered before the list was asked for: a younger one may well
 * not have been there yet. The last one counts as the beginning of the next page.
 */
function listed(ops: readonly Op[]) {
  const heldAt = new Map<string, number>();
  for (const op of ops) {
    const held = op.intent.verb === 'hold' ? op.sends.find(isDone)?.answer : undefined;
    if (held !== undefined) heldAt.set((JSON.parse(held.text) as { id: string }).id, held.at);
  }
  for (const { intent, sends } of ops)
    for (const { calledAt, answer } of intent.verb === 'list' && sends.length === 1 ? sends : []) {
      const list = JSON.parse(answer?.text ?? '{"data":[]}') as { data: { id: string }[] };
      const at = list.data.slice(0, -1).findIndex(({ id }) => (heldAt.get(id) ?? Infinity) < calledAt);
      if (answer !== undefined && at >= 0) return { answer, list, at };
    }
  return assert.fail('nobody saw a list of bookings that were there before');
}

function refusal(ops: readonly Op[], code: string): { answer: Answer } {
  for (const { sends } of ops)
    for (const { answer } of sends) if (answer?.text.includes(code) === true) return { answer };
  return assert.fail(`nobody was told ${code}`);
}

/** A line for a time at which nobody ever wanted a room. */
function lonely(ops: readonly Op[]) {
  const line = ops
    .flatMap(({ intent }) => (intent.verb === 'hold' ? intent.lines : []))
    .find(({ slot }) => slot);
  assert.ok(line?.slot);
  return [{ ...line, slot: { ...line.slot, startsAt: 0, endsAt: 1 } }];
}
