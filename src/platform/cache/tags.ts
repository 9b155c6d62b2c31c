import type { Instant } from '../clock.ts';
import type { Uuid } from '../id.ts';

/** What a committed change says about itself: `room.updated`, and which resources. */
export interface Told {
  type: string;
  resourceIds: readonly Uuid[];
  /** All that it changes of what is booked lies between these; where it does not say, it may be of any time. */
  startsAt?: Instant | null;
  endsAt?: Instant | null;
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
    const word = firstWord(type);
    tags.add(word);
    for (const id of resourceIds) {
      tags.add(resourceTag(id));
      if (word !== 'booking') tags.add(entryTag(id));
    }
  }
  return tags;
}

/**
 * The tags of what shows only a stretch of the time of something (`tag`: of a resource, or `booking`): those of its weeks, and
 * one for changes that do not say of which time they are. A look at longer than a quarter is of any time.
 */
export function tagsWithin(tag: string, startsAt: Instant, endsAt: Instant): string[] {
  const weeks = weeksOf(startsAt, endsAt);
  return weeks === undefined ? [tag] : [timed(tag, ANY_TIME), ...weeks.map((week) => timed(tag, week))];
}

/** The tags, beside those of `changedTags`, of what shows only a stretch of time. */
export function changedTimes(changes: readonly Told[]): Set<string> {
  const tags = new Set<string>();
  for (const { type, resourceIds, startsAt = null, endsAt = null } of changes) {
    const known = startsAt === null || endsAt === null ? undefined : weeksOf(startsAt, endsAt);
    for (const tag of [firstWord(type), ...resourceIds.map(resourceTag)])
      for (const week of known ?? [ANY_TIME]) tags.add(timed(tag, week));
  }
  return tags;
}

/** The tag that is changed whenever this one is, of any time. */
export function withoutTime(tag: string): string {
  const at = tag.lastIndexOf(AT);
  return at < 0 ? tag : tag.slice(0, at);
}

const AT = ' @';
const ANY_TIME = 'any';
const WEEK_MS = 7 * 86_400_000;
const MOST_WEEKS = 14;

function timed(tag: string, week: number | string): string {
  return `${tag}${AT}${week}`;
}

/** The weeks that a stretch of time touches, by their number since 1970; undefined where they are too many to name. */
function weeksOf(startsAt: Instant, endsAt: Instant): number[] | undefined {
  const first = Math.floor(startsAt / WEEK_MS);
  const count = Math.floor(endsAt / WEEK_MS) - first + 1;
  return count > MOST_WEEKS ? undefined : Array.from({ length: count }, (_, i) => first + i);
}

function firstWord(type: string): string {
  return type.slice(0, type.indexOf('.'));
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
