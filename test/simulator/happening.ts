import type { Known } from './demand.ts';
import type { Step } from './steps.ts';

/**
 * What happens in a simulation, each thing by its name. A happening whose things are not there (any more) is passed
 * over, so any of them can be left out of a failing run and what is left still is one: that is how it shrinks.
 */
export type Happening =
  | { does: 'ask'; name: string; key: string | null; step: Step; known: Known | null; guard: number }
  | { does: 'ask again'; name: string }
  | { does: 'deliver'; name: string; server: number }
  | { does: 'answer'; name: string }
  | { does: 'double' | 'lose'; name: string; isReply: boolean }
  | { does: 'batch'; server: number; names: readonly string[] }
  | { does: 'go on' | 'cut'; server: number; batch: string }
  | { does: 'crash'; server: number }
  | { does: 'haunt'; ghost: string; commits: boolean }
  | { does: 'sweep'; server: number; bookingId: string }
  | { does: 'wait'; ms: number }
  | { does: 'edit' };

/** What there is for something to happen to. */
export interface Situation {
  /** How many intentions there were so far. */
  asked: number;
  guard: number;
  known: readonly Known[];
  /** Intentions that have a key and no answer yet. */
  open: readonly string[];
  network: readonly { name: string; isReply: boolean }[];
  servers: readonly {
    queue: readonly string[];
    isFull: boolean;
    /** Batches that wait for nobody. */
    movable: readonly string[];
    batches: readonly string[];
    /** Those whose COMMIT is with the database. */
    sent: readonly string[];
  }[];
  ghosts: readonly string[];
  /** A hold that is past its expiry. */
  due(nth: number): string | undefined;
}

/** Messages on their way: past it, nobody asks before something has arrived. */
const MOST_MESSAGES = 24;
const MOST_OPEN = 64;

/** Out of 256, in this order. */
const SHARES = {
  ask: 82,
  edit: 1,
  deliver: 56,
  advance: 86,
  double: 6,
  'ask again': 6,
  lose: 4,
  cut: 6,
  crash: 1,
  haunt: 3,
  sweep: 2,
  wait: 3,
} as const;

/** Makes a happening of a step; undefined where there is nothing for it to happen to. */
export function choose(step: Step, now: Situation): Happening | undefined {
  const { nth, how } = step;
  switch (shareOf(step.what)) {
    case 'ask':
      if (now.network.length >= MOST_MESSAGES) return deliver(step, now);
      return now.open.length >= MOST_OPEN ? askAgain(step, now) : ask(step, now);
    case 'edit':
      return { does: 'edit' };
    case 'deliver':
      return deliver(step, now);
    case 'advance':
      return advance(step, now);
    case 'double': {
      const message = at(now.network, nth);
      return message && { does: 'double', ...message };
    }
    case 'ask again':
      return askAgain(step, now);
    case 'lose': {
      const message = at(now.network, nth);
      return message && { does: 'lose', ...message };
    }
    case 'cut': {
      const server = nth % now.servers.length;
      const { batches, sent } = now.servers[server] ?? { batches: [], sent: [] };
      const batch = (how % 4 > 0 ? at(sent, how) : undefined) ?? at(batches, how);
      return batch === undefined ? undefined : { does: 'cut', server, batch };
    }
    case 'crash':
      return { does: 'crash', server: nth % now.servers.length };
    case 'haunt': {
      const ghost = at(now.ghosts, nth);
      return ghost === undefined ? undefined : { does: 'haunt', ghost, commits: how % 4 > 0 };
    }
    case 'sweep': {
      const bookingId = now.due(nth);
      return bookingId === undefined
        ? undefined
        : { does: 'sweep', server: how % now.servers.length, bookingId };
    }
    case 'wait': // seconds, so that some holds expire and others do not; now and then past everything
      return { does: 'wait', ms: how > 250 ? 4_000_000 : 1_000 * (1 + (step.ttl >>> 3)) };
  }
}

/** What happens where nothing fails any more, until nothing is left to do. */
export function calm(turn: number, now: Situation): Happening | undefined {
  const step = { what: 0, nth: turn, verb: 0, place: turn, from: 0, size: 7, ttl: 0, how: 0 };
  const [ghost] = now.ghosts;
  const bookingId = now.due(0);
  return (
    deliver(step, now) ??
    advance(step, now) ??
    (ghost === undefined ? undefined : { does: 'haunt', ghost, commits: true }) ??
    askAgain(step, now) ??
    (bookingId === undefined ? undefined : { does: 'sweep', server: turn % now.servers.length, bookingId })
  );
}

function shareOf(what: number): keyof typeof SHARES {
  let left = what;
  for (const [name, share] of Object.entries(SHARES)) {
    if (left < share) return name as keyof typeof SHARES;
    left -= share;
  }
  return 'wait';
}

// Most intentions have a key and are repeated until they are answered; a few use one that was used before.
function ask(step: Step, { asked, guard, known, open }: Situation): Happening {
  const name = `intention-${asked + 1}`;
  const key = step.how % 4 === 1 ? null : step.how > 240 ? (at(open, step.size) ?? name) : name;
  const isBehind = step.from % 16 === 0; // the cache of a server
  return {
    does: 'ask',
    name,
    key,
    step,
    known: at(known, step.nth % 2 === 0 ? 0 : step.nth) ?? null, // half of them after the same one
    guard: isBehind ? guard - 1 : guard,
  };
}

function askAgain({ nth }: Step, { open }: Situation): Happening | undefined {
  const name = at(open, nth);
  return name === undefined ? undefined : { does: 'ask again', name };
}

function deliver({ nth, place }: Step, { network, servers }: Situation): Happening | undefined {
  const message = at(network, nth);
  if (message === undefined) return undefined;
  const { name, isReply } = message;
  return isReply ? { does: 'answer', name } : { does: 'deliver', name, server: place % servers.length };
}

function advance({ nth, place, size, how }: Step, { servers }: Situation): Happening | undefined {
  for (let i = 0; i < servers.length; i++) {
    const server = (place + i) % servers.length;
    const { queue, isFull, movable } = servers[server] ?? { queue: [], isFull: true, movable: [] };
    const batch = at(movable, nth);
    if (queue.length > 0 && !isFull && (batch === undefined || how % 2 === 0))
      return { does: 'batch', server, names: queue.slice(0, 1 + (size % 8)) };
    if (batch !== undefined) return { does: 'go on', server, batch };
  }
  return undefined;
}

function at<T>(of: readonly T[], nth: number): T | undefined {
  return of[nth % Math.max(1, of.length)];
}
