import type { Invariant } from '../engine/invariant.ts';
import { invariants } from '../engine/invariants.ts';
import { saleInvariants } from '../sales/invariants.ts';
import { events } from './events/index.ts';
import type { Kind } from './kind.ts';
import { rooms } from './rooms/index.ts';

/** Every kind of booking this program sells. A new kind is one folder, one line here and one migration. */
export const kinds: readonly Kind[] = [rooms, events];

/**
 * Every promise that `holdfast doctor` checks. Those of the kinds come first: they take longest, and of two connections
 * that share the list none should be left with them at the end (a second more then for 10^6 bookings).
 */
export const promises: readonly Invariant[] = [
  ...kinds.flatMap((kind) => kind.invariants ?? []),
  ...saleInvariants,
  ...invariants,
];
