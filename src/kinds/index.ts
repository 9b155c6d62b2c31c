import type { Invariant } from '../engine/invariant.ts';
import { invariants } from '../engine/invariants.ts';
import { events } from './events/index.ts';
import type { Kind } from './kind.ts';
import { rooms } from './rooms/index.ts';

/** Every kind of booking this program sells. A new kind is one folder, one line here and one migration. */
export const kinds: readonly Kind[] = [rooms, events];

/** Every promise that `holdfast doctor` checks: the engine's and those of all kinds. */
export const promises: readonly Invariant[] = [
  ...invariants,
  ...kinds.flatMap((kind) => kind.invariants ?? []),
];
