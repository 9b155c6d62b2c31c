import { events } from './events/index.ts';
import type { Kind } from './kind.ts';
import { rooms } from './rooms/index.ts';

/** Every kind of booking this program sells. A new kind is one folder, one line here and one migration. */
export const kinds: readonly Kind[] = [rooms, events];
