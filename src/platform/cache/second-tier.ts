import { hash } from 'node:crypto';
import type { Stopwatch } from '../clock.ts';
import type { Uuid } from '../id.ts';
import { pack, unpack } from './packed.ts';
import type { SharedBytes } from './redis.ts';

/** Shares texts between processes, so that what one has read the others need not. */
export interface SecondTier {
  /** The text of this as it is now, shared for `liveMs`; `make` makes it when nobody has, or nobody can say. */
  through(wanted: SharedText, make: () => Promise<string>): Promise<string>;
}

export interface SharedText {
  /** As it stands in metrics. */
  name: string;
  tenant: Uuid;
  key: string;
  /** Tags of everything that the text is made of (see tags.ts). */
  madeOf: readonly string[];
  liveMs: number;
}

/** What this process knows of the changes of a tenant. */
export interface Known {
  /** How far they are known; undefined while that is not sure. */
  position(tenant: Uuid): number | undefined;
  /** Whether one of these tags was changed after `since`; true also where nobody can say. */
  isTouched(tenant: Uuid, tags: readonly string[], since: number): Promise<boolean>;
}

/** `garbage` is what nobody of us wrote; `outdated`, what may be older than what is known here. */
export const OUTCOMES = ['hits', 'misses', 'outdated', 'garbage', 'errors'] as const;
export type Outcome = (typeof OUTCOMES)[number];
/** Told of every time that Redis was asked. */
export type SharedWatch = (name: string, outcome: Outcome, tookMs: number) => void;

/** Changes when what is kept under the keys does: then processes of two releases do not read each other's. */
const FORMAT = 2;

/**
 * A value carries how far the tenant's changes were known to the process that made it, when it began to read. Who finds it
 * takes it only if he knows of no later change of what it is made of, so nobody is given what is older than what he
 * knows; who cannot say, as after a gap in the feed, takes nothing. A value from further on than is known here is not
 * taken either: after the promotion of a standby it may be of changes that never were.
 */
export function openSecondTier(
  bytes: SharedBytes,
  known: Known,
  watch: SharedWatch = () => undefined,
  perf: Stopwatch = performance,
): SecondTier {
  async function find(name: string, of: SharedText, position: number): Promise<[Outcome, string?]> {
    const kept = await bytes.get(name);
    if (kept === 'failed') return ['errors'];
    if (kept === 'missing') return ['misses'];
    const found = await unpack(kept);
    if (found === undefined) return ['garbage'];
    const isCurrent =
      found.position <= position && !(await known.isTouched(of.tenant, of.madeOf, found.position));
    return isCurrent ? ['hits', found.text] : ['outdated'];
  }

  return {
    through: async (wanted, make) => {
      const { tenant, key, liveMs } = wanted;
      const position = known.position(tenant);
      if (position === undefined) return make();
      const name = `holdfast:${FORMAT}:${tenant}:${hash('sha256', `${wanted.name} ${key}`, 'base64url')}`;
      const begun = perf.now();
      const [outcome, found] = await find(name, wanted, position);
      watch(wanted.name, outcome, perf.now() - begun);
      if (found !== undefined) return found;
      const text = await make();
      void pack({ position, text }).then((packed) => bytes.set(name, packed, liveMs));
      return text;
    },
  };
}
