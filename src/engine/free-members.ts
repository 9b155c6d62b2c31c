import type { Uuid } from '../platform/id.ts';
import { gathered } from './gathered.ts';
import { freeOf, indexIn, type Group } from './groups.ts';
import { deadUnitsIn, groupMembers } from './queries.ts';
import { bounds } from './read.ts';

/**
 * What is free of groups, by their first member: a 1 for each that is. For advice, so without a lock, and with what was read
 * shared by all who ask at once.
 */
export const freeMembers = gathered<Group, Readonly<Uint8Array>>(
  ({ first }) => first,
  async (db, tenant, groups) => {
    const [members, dead] = await db.look(tenant, (tx) =>
      Promise.all([tx.run(groupMembers, ...bounds(groups)), tx.run(deadUnitsIn, ...bounds(groups))]),
    );
    const free = new Map<Uuid, Uint8Array>(members.map((row) => [row.first, freeOf(row.members)]));
    for (const group of groups)
      for (const { resourceId } of dead) {
        const index = indexIn(group, resourceId);
        const found = free.get(group.first);
        if (found !== undefined && index >= 0 && index < found.length) found[index] = 1;
      }
    return free;
  },
);
