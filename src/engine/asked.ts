import type { Uuid } from '../platform/id.ts';
import type { IntervalNeed, Needs, UnitsClaim } from './claim.ts';
import { stockKey } from './wanted.ts';

/** What the earlier lines of one request want already. */
export class Asked {
  readonly slots: IntervalNeed[] = [];
  readonly #units = new Map<string, number>();

  constructor(instead: readonly UnitsClaim[]) {
    for (const claim of instead) this.add({ ...claim, units: -claim.units });
  }

  /** Units by stock key. */
  all(): Iterable<[string, number]> {
    return this.#units;
  }

  units(at: { resourceId: Uuid; bucket: string }): number {
    return this.#units.get(stockKey(at)) ?? 0;
  }

  add(need: { resourceId: Uuid; bucket: string; units: number }): void {
    this.#units.set(stockKey(need), this.units(need) + need.units);
  }

  /** The line that was asked last does not want anything after all. */
  forget({ intervals, units }: Needs): void {
    this.slots.length -= intervals.length;
    for (const need of units) this.add({ ...need, units: -need.units });
  }
}
