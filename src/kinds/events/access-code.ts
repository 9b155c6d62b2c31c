import { hash } from 'node:crypto';
import type { Actor } from '../../people/access.ts';
import type { Guesses } from '../../people/guesses.ts';
import type { Uuid } from '../../platform/id.ts';

/** What is kept of a code: of the same text at another event it is another one. Compared as people type it. */
export function digestOf(eventId: Uuid, code: string): string {
  const typed = code.trim().normalize('NFC').toUpperCase();
  return hash('sha256', JSON.stringify(['access code', eventId, typed]));
}

/** Who looks at an event: staff see all of it, others what is not hidden or what their code unlocks. */
export interface Viewer {
  seesAll: boolean;
  accessCode?: string | undefined;
}
export const STAFF: Viewer = { seesAll: true };

/** What somebody looked at, and whether the code that he sent is none. */
export interface Looked<T> {
  answer: T;
  isMiss: boolean;
}

/** Looks at an event within the bounds of guessing. Whether a code was right is counted, and told by nothing but the answer. */
export async function looking<T>(
  guesses: Guesses | undefined,
  actor: Actor,
  { seesAll, accessCode }: Viewer,
  look: () => Promise<Looked<T>>,
): Promise<T> {
  const isGuess = guesses !== undefined && accessCode !== undefined && !seesAll;
  const looked = isGuess
    ? await guesses.bounded(actor, actor.principal, look, ({ isMiss: isWrong }) => isWrong)
    : await look();
  return looked.answer;
}

/** Whether a code was sent that unlocks none of these tiers. Who sees all of them guesses nothing. */
export function isMiss(
  { seesAll, accessCode }: Viewer,
  eventId: Uuid,
  tiers: readonly { codes: readonly string[] }[],
): boolean {
  if (seesAll || accessCode === undefined) return false;
  const digest = digestOf(eventId, accessCode);
  return !tiers.some(({ codes }) => codes.includes(digest));
}

/** Which tiers of an event this viewer is shown. */
export function shownTo(
  { seesAll, accessCode }: Viewer,
  eventId: Uuid,
): (tier: { hidden: boolean; codes: readonly string[] }) => boolean {
  const digest = accessCode === undefined ? undefined : digestOf(eventId, accessCode);
  return ({ hidden, codes }) => seesAll || !hidden || (digest !== undefined && codes.includes(digest));
}
