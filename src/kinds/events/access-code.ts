import { hash } from 'node:crypto';
import type { Actor } from '../../people/access.ts';
import type { Guesses } from '../../people/guesses.ts';
import { notFound } from '../../platform/errors.ts';
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

/** What of a section says whom it is shown to. */
export interface ShownSection {
  isDraft: boolean;
  amountMinor: number | null;
  /** As the statements build them. */
  tiers: unknown;
}

/** The sections of an event that this viewer is shown. Throws `not_found` for a draft that is not for him. */
export function sectionsShown<Section extends ShownSection>(
  sections: readonly Section[],
  eventId: Uuid,
  viewer: Viewer,
): { first: Section; sections: Section[]; isMiss: boolean } {
  const [first] = sections;
  if (first === undefined || (first.isDraft && !viewer.seesAll)) throw notFound('event');
  const shown = shownTo(viewer, eventId);
  return {
    first,
    sections: sections.filter(
      (section) => viewer.seesAll || section.amountMinor !== null || tiersOf(section).some(shown),
    ),
    isMiss: isMiss(viewer, eventId, sections.flatMap(tiersOf)),
  };
}

function tiersOf({ tiers }: ShownSection): { hidden: boolean; codes: readonly string[] }[] {
  return (tiers ?? []) as { hidden: boolean; codes: readonly string[] }[];
}
