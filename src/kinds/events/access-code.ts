import { hash } from 'node:crypto';
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

/** Which tiers of an event this viewer is shown. */
export function shownTo(
  { seesAll, accessCode }: Viewer,
  eventId: Uuid,
): (tier: { hidden: boolean; codes: readonly string[] }) => boolean {
  const digest = accessCode === undefined ? undefined : digestOf(eventId, accessCode);
  return ({ hidden, codes }) => seesAll || !hidden || (digest !== undefined && codes.includes(digest));
}
