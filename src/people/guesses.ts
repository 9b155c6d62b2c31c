import { LRUCache } from 'lru-cache';
import { Problem, type Reason } from '../platform/errors.ts';
import type { Actor } from './access.ts';

/** The faults by which somebody learns that a code he tried does not exist. */
const MISSES: ReadonlySet<Reason> = new Set<Reason>(['code_unknown']);
const WINDOW_MS = 60_000;
/** Wrong codes that may be tried in a window: a person mistypes now and then, a shop's key speaks for many. */
const MOST_OF_CLIENT = 20;
const MOST_OF_SHOP = 300;
/** Who guessed wrong lately, some 100 bytes each. */
const MOST_KEPT = 10_000;

/** Bounds how often codes can be guessed. Each server counts for itself: of three, somebody has three times as many tries. */
export interface Guesses {
  /**
   * Does work in which a code is tried, by this actor for this client. Throws `too_many_guesses`, right codes or not, when
   * either has tried too many that do not exist. `isMiss` says so of work that answers a wrong code without refusing it.
   */
  bounded<T>(
    actor: Actor,
    client: string,
    work: () => Promise<T>,
    isMiss?: (answer: T) => boolean,
  ): Promise<T>;
}

interface Guesser {
  count: number;
  until: number;
}

export function openGuesses(now: () => number = Date.now): Guesses {
  const guessers = new LRUCache<string, Guesser>({ max: MOST_KEPT });

  function guesser(name: string): Guesser {
    const known = guessers.get(name);
    if (known !== undefined && known.until > now()) return known;
    const anew = { count: 0, until: now() + WINDOW_MS };
    guessers.set(name, anew);
    return anew;
  }

  function require({ name, most }: Counted): void {
    const { count, until } = guesser(name);
    if (count < most) return;
    const retryAfterSeconds = Math.max(1, Math.ceil((until - now()) / 1_000));
    const detail = `Too many codes that do not exist were tried. Try again in ${retryAfterSeconds} seconds, or without a code.`;
    throw new Problem('too_many_guesses', detail, { retryAfterSeconds });
  }

  return {
    bounded: async (actor, client, work, isMiss = () => false) => {
      const counted = countedFor(actor, client);
      for (const each of counted) require(each);
      // What one client has under way counts until it has turned out right: he cannot try a thousand codes at once.
      const reserved = counted.filter(({ most }) => most === MOST_OF_CLIENT).map(({ name }) => guesser(name));
      for (const each of reserved) each.count += 1;
      let isWrong = false;
      try {
        const answer = await work();
        isWrong = isMiss(answer);
        return answer;
      } catch (error) {
        isWrong = isWrongCode(error);
        throw error;
      } finally {
        if (!isWrong) for (const each of reserved) each.count -= 1;
        else for (const { name, most } of counted) if (most !== MOST_OF_CLIENT) guesser(name).count += 1;
      }
    },
  };
}

interface Counted {
  name: string;
  most: number;
}

function countedFor({ tenant, principal, role }: Actor, client: string): Counted[] {
  const own = { name: `${tenant.id} ${principal}`, most: role === 'client' ? MOST_OF_CLIENT : MOST_OF_SHOP };
  if (client === principal) return [own];
  return [own, { name: `${tenant.id} ${client}`, most: MOST_OF_CLIENT }];
}

function isWrongCode(error: unknown): boolean {
  return error instanceof Problem && (error.details.errors ?? []).some(({ reason }) => MISSES.has(reason));
}
