import { isDead } from '../../src/engine/claim.ts';
import type { Command, HoldLine } from '../../src/engine/command.ts';
import { decide, type Decision } from '../../src/engine/decide.ts';
import type { Snapshot, Writes } from '../../src/engine/snapshot.ts';
import { REAL } from './simulation.ts';
import type { Parts } from './transaction.ts';

/** Engines that are broken on purpose, each in one way, from outside: the simulator must find every one. */
export const mutants: Readonly<Record<string, Parts>> = {
  'expired claims still count': seeing((snapshot) => ({
    ...snapshot,
    intervals: snapshot.intervals.map((claim) =>
      isDead(claim, snapshot.now) ? { ...claim, expiresAt: snapshot.now + 1 } : claim,
    ),
    units: snapshot.units.filter((claim) => !isDead(claim, snapshot.now)),
    dying: new Map(),
  })),
  'neighbours with no gap collide': seeing((snapshot) => ({
    ...snapshot,
    intervals: snapshot.intervals.map((claim) => ({
      ...claim,
      startsAt: claim.startsAt,
      endsAt: claim.endsAt + 1,
    })),
  })),
  'an overlap of one is overlooked': seeing((snapshot) => ({
    ...snapshot,
    intervals: snapshot.intervals.map((claim) => ({ ...claim, endsAt: claim.endsAt - 1 })),
  })),
  'the last unit is refused': seeing((snapshot) => ({
    ...snapshot,
    stock: snapshot.stock.map((row) => ({ ...row, capacity: row.capacity - 1 })),
  })),
  'caps are ignored': asking((line) => ({
    ...line,
    units: line.units.map((need) => (need.cap === undefined ? need : { ...need, cap: 1_000 })),
  })),
  'caps on open holds outlive the confirmation': asking((line) => ({
    ...line,
    units: line.units.map((need) => ({ ...need, until: 'end' as const })),
  })),
  'cancelling gives nothing back': writing((writes) => {
    const isKept = ({ bookingId }: { bookingId: string }) =>
      writes.moved.get(bookingId)?.state !== 'cancelled';
    writes.releasedIntervals = writes.releasedIntervals.filter(isKept);
  }),
  'a confirmed hold still expires': writing((writes) => writes.redated.clear()),
  'units are counted and not claimed': writing((writes) => writes.units.clear()),
  'a change is told twice': writing((writes) => writes.changes.push(...writes.changes.slice(-1))),
  'a change is not told': writing((writes) => writes.changes.pop()),
  'a cancelled line is still charged': writing((writes) => {
    for (const [id, booking] of writes.moved) {
      const totalMinor = booking.lines.reduce((sum, line) => sum + line.totalMinor, 0);
      writes.moved.set(id, { ...booking, totalMinor });
    }
  }),
  'keys are not looked up': seeing((snapshot) => ({ ...snapshot, twins: new Map() })),
  'answers are not kept': writing((writes) => (writes.answers = [])),
  'a hold that committed unseen is made again': seeing((snapshot, commands) => {
    const holds = new Set(commands.map((command) => (command.verb === 'hold' ? command.bookingId : '')));
    return { ...snapshot, bookings: new Map([...snapshot.bookings].filter(([id]) => !holds.has(id))) };
  }),
  'catalogue versions are not compared': seeing((snapshot, commands) => ({
    ...snapshot,
    guards: new Map(commands.flatMap((command) => ('guards' in command ? [...(command.guards ?? [])] : []))),
  })),
  'a booking that has moved is decided on': seeing((snapshot) => ({ ...snapshot, adrift: new Set() })),
  'what has ended is confirmed': seeing((snapshot) => ({
    ...snapshot,
    bookings: new Map(
      [...snapshot.bookings].map(([id, booking]) =>
        booking.state === 'declined' ? [id, { ...booking, state: 'requested' as const }] : [id, booking],
      ),
    ),
  })),
  'those who lose to an approval go on waiting': seeing((snapshot) => ({
    ...snapshot,
    rivals: new Map(),
    wishes: snapshot.wishes.filter(({ bookingId }) => snapshot.bookings.has(bookingId)),
  })),
  'requests that may go on waiting are settled too': asking((line) => ({ ...line, stays: false })),
  'what was answered is still wished for': writing((writes) => (writes.droppedWishes = [])),
  'holds take no locks': { ...REAL, guarded: false },
};

function seeing(tamper: (snapshot: Snapshot, commands: readonly Command[]) => Snapshot): Parts {
  return { ...REAL, decide: (commands, snapshot) => decide(commands, tamper(snapshot, commands)) };
}

function asking(tamper: (line: HoldLine) => HoldLine): Parts {
  const tampered = (command: Command): Command =>
    command.verb === 'hold' || command.verb === 'reschedule'
      ? { ...command, lines: command.lines.map(tamper) }
      : command;
  return { ...REAL, decide: (commands, snapshot) => decide(commands.map(tampered), snapshot) };
}

function writing(tamper: (writes: Writes) => unknown): Parts {
  const tampered = (decision: Decision): Decision => {
    tamper(decision.writes);
    return decision;
  };
  return { ...REAL, decide: (commands, snapshot) => tampered(decide(commands, snapshot)) };
}
