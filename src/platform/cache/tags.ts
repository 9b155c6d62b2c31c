import type { Uuid } from '../id.ts';

/** What a committed change says about itself: `room.updated`, and which resources. */
export interface Told {
  type: string;
  resourceIds: readonly Uuid[];
}

/** An event and its sections and seats have this much of their ids in common (12 of 16 bytes); others have not. */
const IN_COMMON = 28;

/** The tag of whatever is made of one resource. An event and its places have one tag. */
export function resourceTag(id: Uuid): string {
  return id.slice(0, IN_COMMON);
}

/** The tag of what is made of a resource's entry in the catalogue alone: it is the same whatever is booked of the resource. */
export function entryTag(id: Uuid): string {
  return `entry ${resourceTag(id)}`;
}

/**
 * The tags of what was changed: the first word of the type (`room`, `booking`), the resources, and their entries unless it was
 * only booked.
 */
export function changedTags(changes: readonly Told[]): Set<string> {
  const tags = new Set<string>();
  for (const { type, resourceIds } of changes) {
    const word = type.slice(0, type.indexOf('.'));
    tags.add(word);
    for (const id of resourceIds) {
      tags.add(resourceTag(id));
      if (word !== 'booking') tags.add(entryTag(id));
    }
  }
  return tags;
}

/** What can be out of date: a kept entry, or a load under way. */
export interface Tagged {
  readonly tenant: Uuid;
  readonly madeOf: readonly string[];
}

/** Finds what a change puts out of date. Holds as much as is added and not yet removed. */
export class TagIndex<T extends Tagged> {
  readonly #byTenant = new Map<Uuid, { all: Set<T>; byTag: Map<string, Set<T>> }>();

  add(one: T): void {
    let of = this.#byTenant.get(one.tenant);
    if (of === undefined) this.#byTenant.set(one.tenant, (of = { all: new Set(), byTag: new Map() }));
    of.all.add(one);
    for (const tag of one.madeOf) {
      const tagged = of.byTag.get(tag);
      if (tagged === undefined) of.byTag.set(tag, new Set([one]));
      else tagged.add(one);
    }
  }

  remove(one: T): void {
    const of = this.#byTenant.get(one.tenant);
    if (of === undefined) return;
    of.all.delete(one);
    if (of.all.size === 0) this.#byTenant.delete(one.tenant);
    for (const tag of one.madeOf) {
      const tagged = of.byTag.get(tag);
      tagged?.delete(one);
      if (tagged?.size === 0) of.byTag.delete(tag);
    }
  }

  /** Whether anything of the tenant is there: without, nobody has to look for it. */
  has(tenant: Uuid): boolean {
    return this.#byTenant.has(tenant);
  }

  /** Those with any of these tags, or all of the tenant. */
  find(tenant: Uuid, tags?: Iterable<string>): Iterable<T> {
    const of = this.#byTenant.get(tenant);
    if (of === undefined) return [];
    if (tags === undefined) return [...of.all];
    const found = new Set<T>();
    for (const tag of tags) for (const one of of.byTag.get(tag) ?? []) found.add(one);
    return found;
  }
}
