import { LRUCache } from 'lru-cache';
import { changedTags, withoutTime, type Told } from '../platform/cache/tags.ts';
import type { Database } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import * as sql from './feed-queries.ts';

/** Remembers when what was changed last, as far back as that is known. */
export interface Touched {
  /** Changes of a tenant that this process has learnt of; the last of them has this number. */
  told(tenant: Uuid, changes: readonly Told[], last: number): void;
  /** Some changes of the tenant are not known: what is remembered of it says nothing any more. */
  forget(tenant: Uuid): void;
  /** Whether one of these tags was changed after `since`; true also where that is not known. */
  isTouched(tenant: Uuid, tags: readonly string[], since: number): Promise<boolean>;
}

interface Memory {
  /** Changes after this one are remembered, but for those ... */
  from: number;
  /** ... whose tags were forgotten for want of room: the last of them. */
  forgotten: number;
  readBack: Promise<void>;
}

/** Tags that are remembered, of all tenants: about 3 MB. The one changed longest ago goes first. */
const MOST_TAGS = 20_000;
/** So far back is read once for each tenant: what a process that starts finds in Redis was made before it listened. */
const READ_BACK = 1_000;

/** `position` says how far the changes of a tenant are known here; undefined while that is not sure. */
export function openTouched(
  db: Pick<Database, 'read'>,
  position: (tenant: Uuid) => number | undefined,
  mostTags = MOST_TAGS,
): Touched {
  const memories = new Map<Uuid, Memory>(); // of tenants that are listened to: as many as the follower has
  const lastOf = new LRUCache<string, number>({
    max: mostTags,
    dispose: (seq, name, reason) => {
      const memory = reason === 'evict' ? memories.get(tenantOf(name)) : undefined;
      if (memory !== undefined) memory.forgotten = Math.max(memory.forgotten, seq);
    },
  });

  function note(tenant: Uuid, tags: Iterable<string>, seq: number): void {
    for (const tag of tags) {
      const name = nameOf(tenant, tag);
      if (seq > (lastOf.peek(name) ?? 0)) lastOf.set(name, seq);
    }
  }

  /** From here on changes are told; those just before it are looked up. */
  function begin(tenant: Uuid, from: number): Memory {
    const memory: Memory = { from, forgotten: 0, readBack: Promise.resolve() };
    memories.set(tenant, memory);
    memory.readBack = db.read(tenant, sql.toldAfter, Math.max(from - READ_BACK, 0), READ_BACK).then(
      (changes) => {
        const [first] = changes;
        if (first !== undefined) memory.from = Math.min(memory.from, first.seq - 1);
        for (const change of changes) note(tenant, changedTags([change]), change.seq);
      },
      () => undefined, // then less is known, and more is read from the database
    );
    return memory;
  }

  return {
    told: (tenant, changes, last) => note(tenant, changedTags(changes), last),
    forget: (tenant) => void memories.delete(tenant),
    isTouched: async (tenant, tags, since) => {
      const here = position(tenant);
      if (here === undefined) return true;
      const memory = memories.get(tenant) ?? begin(tenant, here);
      await memory.readBack;
      if (memories.get(tenant) !== memory) return true; // forgotten meanwhile
      if (since < memory.from || since < memory.forgotten) return true;
      return tags.some((tag) => (lastOf.peek(nameOf(tenant, withoutTime(tag))) ?? 0) > since);
    },
  };
}

function nameOf(tenant: Uuid, tag: string): string {
  return `${tenant} ${tag}`;
}

function tenantOf(name: string): Uuid {
  return name.slice(0, name.indexOf(' '));
}
