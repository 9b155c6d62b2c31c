import { nameFor, type Change, type History, type Op } from './history.ts';
import { Timeline } from './timeline.ts';
import { bookingIn, isDone, saysSo, truth, type Truth } from './truth.ts';

/** An answer, or the effect that an answer tells of: it has its place among the changes, at some moment of its span. */
interface Placed {
  name: string;
  calledAt: number;
  answeredAt: number;
  /** The position that it must have: an effect's own. */
  effect?: number;
  truth: Truth;
}

const VERB_OF: Readonly<Record<string, string>> = {
  'booking.held': 'hold',
  'booking.confirmed': 'confirm',
  'booking.cancelled': 'cancel',
  'booking.rescheduled': 'reschedule',
};

/**
 * Whether all that the actors were told can be explained by the model taking one change after the other, in the order
 * in which the database committed them: every answer must have been true at some moment between its call and its
 * arrival, and no two of them may need time to run backwards. Returns what cannot be explained.
 *
 * The order of the writes is known, so there is nothing to search: each answer in turn takes the earliest place it
 * can, which is right if any place is, since a later one only leaves less room to those who come after.
 */
export function check(history: History): string[] {
  const timeline = new Timeline(history, writers(history.ops));
  const effects = new Map<Op, number>();
  timeline.writers.forEach((op, position) => op && effects.set(op, position));
  const placed = history.ops.flatMap((op) => places(op, effects.get(op), timeline));
  return [
    ...timeline.complaints,
    ...history.ops.flatMap((op) => repetitions(op)),
    ...history.ops.flatMap((op) =>
      saysSo(op, timeline, effects.has(op)).map((why) => `${nameOf(op)}: ${why}`),
    ),
    ...untimely(placed, history.changes.length),
  ];
}

/**
 * Finds the op that made a change: the first of its actor that was told of the version the change made. Failing that,
 * one with a send that nobody waited for: such a send may still take effect after another one of its key was refused.
 */
function writers(ops: readonly Op[]): (change: Change, version: number) => Op | undefined {
  const told = new Map<string, Op>();
  const open = new Set<Op>();
  for (const op of ops) {
    const seen = bookingIn(op);
    if (seen === undefined && op.sends.some((send) => send.answer === undefined)) open.add(op);
    const key = `${seen?.id} ${seen?.version} ${op.actor} ${op.intent.verb}`;
    if (!told.has(key)) told.set(key, op);
  }
  const mayHaveMade = ({ bookingId, actor, type, asked }: Change) =>
    [...open].find(({ no, intent, ...op }) => {
      if (op.actor !== actor || intent.verb !== VERB_OF[type]) return false;
      return 'bookingId' in intent ? intent.bookingId === bookingId : nameFor(no) === asked;
    });
  return (change, version) => {
    const { bookingId, actor, type } = change;
    const op = told.get(`${bookingId} ${version} ${actor} ${VERB_OF[type]}`) ?? mayHaveMade(change);
    if (op !== undefined) open.delete(op);
    return op;
  };
}

function places(op: Op, effect: number | undefined, timeline: Timeline): Placed[] {
  const done = op.sends.find(isDone);
  const placed: Placed[] = [];
  for (const send of op.sends) {
    const { answer } = send;
    if (answer === undefined || (isDone(send) && send !== done)) continue; // a repeated answer says nothing new
    const was = truth(op, send, timeline);
    const name = `${nameOf(op)} answered ${answer.status} ${answer.text.slice(0, 300)}`;
    const span = { name, calledAt: send.calledAt, answeredAt: answer.at };
    if (send !== done) {
      placed.push({ ...span, truth: (from, to) => was(from, Math.min(to, (effect ?? Infinity) - 1)) });
      continue;
    }
    // It may have been done by any of the sends before the one that was answered first.
    const at: Truth = (from, to) =>
      effect !== undefined && from < effect && effect <= to ? effect : undefined;
    const calledAt = op.sends[0]?.calledAt ?? 0;
    placed.push(
      effect === undefined ? { ...span, calledAt, truth: was } : { ...span, calledAt, effect, truth: at },
    );
  }
  return placed;
}

/** The answers that were true at no moment of their span that the answers before them leave. */
function untimely(placed: readonly Placed[], changes: number): string[] {
  const nextAsked = laterEffects(placed, changes);
  const complaints: string[] = [];
  const positions = new Map<Placed, number>();
  let reached = -1;
  for (const { of, isCall } of inOrder(placed)) {
    if (!isCall) {
      reached = Math.max(reached, positions.get(of) ?? -1);
      continue;
    }
    const latest = nextAsked(of.answeredAt) - 1;
    const position = of.truth(reached, latest);
    if (position === undefined)
      complaints.push(`${of.name}: true at no moment of its time (after changes ${reached} to ${latest})`);
    else positions.set(of, position);
  }
  return complaints;
}

/** Calls and arrivals as they happened; of two at one instant the call comes first, so that they overlap. */
function inOrder(placed: readonly Placed[]): { of: Placed; isCall: boolean; at: number }[] {
  return placed
    .flatMap((of) => [
      { of, isCall: true, at: of.calledAt },
      { of, isCall: false, at: of.answeredAt },
    ])
    .sort((a, b) => a.at - b.at || Number(b.isCall) - Number(a.isCall));
}

/** The earliest effect among those that were asked for only after a time: whatever was true until then came before it. */
function laterEffects(placed: readonly Placed[], changes: number): (at: number) => number {
  let earliest = changes;
  const asked = placed
    .flatMap(({ calledAt, effect }) => (effect === undefined ? [] : { calledAt, effect }))
    .sort((a, b) => b.calledAt - a.calledAt)
    .map(({ calledAt, effect }) => ({ calledAt, earliest: (earliest = Math.min(earliest, effect)) }));
  return (at) => asked.findLast((each) => each.calledAt > at)?.earliest ?? changes;
}

/** A keyed op is done once, and every further answer to its key is the first one word for word. */
function repetitions(op: Op): string[] {
  if (op.intent.verb === 'read' || op.intent.verb === 'list') return [];
  const done = op.sends.flatMap((send) => (isDone(send) ? send.answer : []));
  const complaints: string[] = [];
  if (done.filter((answer) => !answer.replayed).length > 1)
    complaints.push(`${nameOf(op)} was carried out twice`);
  if (new Set(done.map((answer) => `${answer.status} ${answer.text}`)).size > 1)
    complaints.push(
      `${nameOf(op)} got two different answers: ${done.map((answer) => answer.text).join(' and ')}`,
    );
  return complaints;
}

function nameOf({ no, actor, intent }: Op): string {
  return `op ${no} of ${actor} (${intent.verb}${'bookingId' in intent ? ` ${intent.bookingId}` : ''})`;
}
