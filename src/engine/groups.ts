import type { Uuid } from '../platform/id.ts';

/**
 * Stock rows of one bucket and one unit whose ids follow each other in their last 12 digits, and of which nobody takes
 * any without units of `under` too, as the seats of a section: the lock of `under` is theirs. So a choice among
 * 20 000 of them locks one row, and reads the others behind it as one text.
 */
export interface Group {
  under: Uuid;
  first: Uuid;
  count: number;
}

/** A group as it was read: `f` for each member that is free, in order. */
export interface GroupRead {
  first: Uuid;
  members: string;
}

const DIGITS = 12;
const ID_LENGTH = 36;

export function memberId({ first }: Pick<Group, 'first'>, index: number): Uuid {
  const digits = (numberOf(first) + index).toString(16).padStart(DIGITS, '0');
  return first.slice(0, -DIGITS) + digits;
}

/** Where a member is in its group; outside of it for one of another. */
export function indexIn({ first }: Pick<Group, 'first'>, id: Uuid): number {
  return id.slice(0, -DIGITS) === first.slice(0, -DIGITS) ? numberOf(id) - numberOf(first) : -1;
}

/** One group for each `under`, wide enough for all that were asked for. */
export function joined(groups: readonly Group[]): Group[] {
  const wide = new Map<Uuid, Group>();
  for (const group of groups) {
    const { under, first } = group;
    const known = wide.get(under) ?? group;
    const from = first < known.first ? first : known.first;
    const end = Math.max(...[group, known].map((each) => numberOf(each.first) + each.count));
    wide.set(under, { under, first: from, count: end - numberOf(from) });
  }
  return [...wide.values()];
}

/** The groups of one batch as they stand while it is decided. */
export class Groups {
  readonly #groups: readonly { prefix: string; base: number; left: Int32Array }[];

  constructor(read: readonly GroupRead[]) {
    this.#groups = read.map(({ first, members }) => ({
      prefix: first.slice(0, -DIGITS),
      base: numberOf(first),
      left: new Int32Array(freeOf(members)),
    }));
  }

  /** Units left of a member; undefined for what is in no group. */
  left(id: Uuid): number | undefined {
    const found = this.#find(id);
    return found?.left[found.index];
  }

  take(id: Uuid, units: number): void {
    const found = this.#find(id);
    if (found !== undefined) found.left[found.index] = (found.left[found.index] ?? 0) - units;
  }

  /** Members that are free beside what the earlier lines of the request ask for, as units by stock key. */
  free({ first, count }: Group, asked: Iterable<[string, number]>): Uint8Array {
    const free = new Uint8Array(count);
    const found = this.#find(first);
    if (found === undefined) return free;
    const left = found.left.slice(found.index, found.index + count);
    for (const [key, units] of asked) {
      const at = this.#find(key.slice(0, ID_LENGTH));
      const index = at?.left === found.left ? at.index - found.index : -1;
      if (index >= 0 && index < left.length) left[index] = (left[index] ?? 0) - units;
    }
    for (let i = 0; i < left.length; i++) free[i] = (left[i] ?? 0) > 0 ? 1 : 0;
    return free;
  }

  #find(id: Uuid): { left: Int32Array; index: number } | undefined {
    for (const { prefix, base, left } of this.#groups) {
      if (!id.startsWith(prefix)) continue;
      const index = numberOf(id) - base;
      if (index >= 0 && index < left.length) return { left, index };
    }
    return undefined;
  }
}

/** A 1 for each free member of a group as it was read. By index: iterating over 20 000 letters takes ten times as long. */
export function freeOf(members: string): Uint8Array {
  const free = new Uint8Array(members.length);
  for (let i = 0; i < free.length; i++) if (members.charCodeAt(i) === FREE) free[i] = 1;
  return free;
}

const FREE = 'f'.charCodeAt(0);

function numberOf(id: Uuid): number {
  return parseInt(id.slice(-DIGITS), 16);
}
