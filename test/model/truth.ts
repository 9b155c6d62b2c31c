import { isDeepStrictEqual } from 'node:util';
import type { Answer, BookingSeen, Line, Op, Send } from './history.ts';
import type { Conflict, Timeline, Version } from './timeline.ts';

/** The first position from `from` to `to` at which something was so: after the change there, or before all at -1. */
export type Truth = (from: number, to: number) => number | undefined;

const NEVER: Truth = () => undefined;

export function isDone(send: Send): send is Send & { answer: Answer } {
  return send.answer !== undefined && send.answer.status < 300;
}

/** The booking that an op was answered with. */
export function bookingIn(op: Op): BookingSeen | undefined {
  const done = op.intent.verb === 'list' ? undefined : op.sends.find(isDone);
  return done && (JSON.parse(done.answer.text) as BookingSeen);
}

/** What is wrong in an answer of success, at whatever time: it shows a booking that never was like that. */
export function saysSo(op: Op, timeline: Timeline, isEffect: boolean): string[] {
  const seen = bookingIn(op);
  if (seen === undefined) return [];
  const { intent } = op;
  const { verb } = intent;
  const version = timeline.version(seen.id, seen.version);
  if (version === undefined || !shows(seen, version))
    return [`this booking never was: ${JSON.stringify(seen)}`];
  // A line that is moved to where it is changes nothing.
  const isThere = intent.verb === 'reschedule' && hasLine(seen, 0, intent.line);
  if ((verb === 'hold' || verb === 'reschedule') && !isEffect && !isThere)
    return ['success without any change'];
  const target = {
    confirm: 'confirmed',
    cancel: 'cancelled',
    hold: 'held',
    reschedule: undefined,
    read: undefined,
    list: undefined,
  }[verb];
  return target === undefined || seen.state === target
    ? []
    : [`answered with a booking that is ${seen.state}`];
}

/** When an answer was true. */
export function truth(op: Op, send: Send, timeline: Timeline): Truth {
  const { answer } = send;
  if (answer === undefined) return NEVER;
  if (op.intent.verb === 'list') return listed(answer, timeline);
  if (answer.status < 300) return standing(JSON.parse(answer.text) as BookingSeen, timeline);
  const problem = JSON.parse(answer.text) as { code: string; detail: string; conflicts?: Conflict[] };
  if (problem.code === 'capacity_unavailable')
    return refused(op, send, answer, problem.conflicts ?? [], timeline);
  if (!('bookingId' in op.intent)) return NEVER;
  const { bookingId, verb } = op.intent;
  if (problem.code === 'hold_expired' && (verb === 'confirm' || verb === 'reschedule'))
    return first((position) => isOver(timeline.at(bookingId, position), answer.atWall));
  if (problem.code !== 'wrong_state') return NEVER;
  const told = /^The booking is (\w+),/.exec(problem.detail)?.[1];
  const isWrong = verb === 'cancel' ? told === 'expired' : told === 'cancelled';
  return isWrong ? first((position) => timeline.at(bookingId, position)?.state === told) : NEVER;
}

function first(isSo: (position: number) => boolean): Truth {
  return (from, to) => {
    for (let position = from; position <= to; position++) if (isSo(position)) return position;
    return undefined;
  };
}

function isOver(version: Version | undefined, now: number): boolean {
  return (
    version?.state === 'expired' || (version?.state === 'held' && (version.expiresAt ?? Infinity) <= now)
  );
}

function standing({ id, version }: BookingSeen, timeline: Timeline): Truth {
  const was = timeline.version(id, version);
  if (was === undefined) return NEVER;
  return (from, to) => {
    const position = Math.max(from, was.from);
    return position <= to && position < was.to ? position : undefined;
  };
}

/** The newest bookings, all of them, each as it was at one and the same moment. */
function listed({ text }: Answer, timeline: Timeline): Truth {
  const { data, nextCursor } = JSON.parse(text) as { data: BookingSeen[]; nextCursor: string | null };
  const oldest = nextCursor === null ? '' : (data.at(-1)?.id ?? '');
  const expected = data.map((seen) => {
    const version = timeline.version(seen.id, seen.version);
    return version !== undefined && shows(seen, version) ? version : undefined;
  });
  const ids = timeline.heldAt();
  return first(
    (position) =>
      expected.every(
        (version) => version !== undefined && version.from <= position && position < version.to,
      ) && ids.filter(({ id, from }) => from <= position && id >= oldest).length === data.length,
  );
}

/** Refused for exactly these conflicts, at some time between call and answer: expiries pass without any change. */
function refused(
  op: Op,
  send: Send,
  answer: Answer,
  conflicts: readonly Conflict[],
  timeline: Timeline,
): Truth {
  const wanted = wantedBy(op);
  if (wanted === undefined || conflicts.length === 0) return NEVER;
  const own = op.intent.verb === 'reschedule' ? op.intent.bookingId : '';
  return (from, to) => {
    const rivals = timeline.rivals(wanted, from, to);
    const times = moments(rivals, send.calledAtWall, answer.atWall);
    const isTrue = (position: number) =>
      times.some((now) =>
        isDeepStrictEqual(timeline.conflicts(wanted, rivals, position, now, own), conflicts),
      );
    return first(
      (position) =>
        !(own !== '' && isOver(timeline.at(own, position), send.calledAtWall)) && isTrue(position),
    )(from, to);
  };
}

function wantedBy({ intent }: Op): readonly Line[] | undefined {
  if (intent.verb === 'hold') return intent.lines;
  return intent.verb === 'reschedule' ? [intent.line] : undefined;
}

/** The first and last moment between call and answer, and every one at which a hold ran out. */
function moments(rivals: readonly Version[], calledAt: number, answeredAt: number): number[] {
  const expiries = rivals.flatMap(({ expiresAt }) =>
    expiresAt !== null && expiresAt > calledAt && expiresAt <= answeredAt ? expiresAt : [],
  );
  return [calledAt, ...new Set(expiries), answeredAt];
}

function shows(seen: BookingSeen, version: Version): boolean {
  const expiresAt = version.expiresAt === null ? null : new Date(version.expiresAt).toISOString();
  return (
    seen.state === version.state &&
    seen.expiresAt === expiresAt &&
    seen.lines.length === version.lines.length &&
    version.lines.every((line, i) => hasLine(seen, i, line))
  );
}

function hasLine(seen: BookingSeen, at: number, { body }: Line): boolean {
  return Object.entries(body).every(([field, value]) => isDeepStrictEqual(seen.lines[at]?.[field], value));
}
