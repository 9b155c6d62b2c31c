import type { HoldLine } from '../engine/index.ts';
import { Problem } from '../platform/errors.ts';
import type { Uuid } from '../platform/id.ts';

/** Where a field of line `no` stands in the body: what a refusal points at. */
export function at(no: number, field: string): string {
  return `/lines/${no - 1}/${field}`;
}

/** A line names something that this company does not have, or that is another's: the two look alike. */
export function noSuch(what: string, pointer: string): Problem {
  return new Problem('not_found', `There is no such ${what}.`, {
    errors: [{ pointer, reason: 'invalid_reference' }],
  });
}

/** A line with its price, `quantity` times `unitMinor`, that needs only what is told. */
export function priced({
  quantity,
  unitMinor,
  ...line
}: Pick<HoldLine, 'no' | 'kind' | 'details' | 'quantity' | 'unitMinor'> & Partial<HoldLine>): HoldLine {
  const totalMinor = quantity * unitMinor;
  return { quantity, unitMinor, taxMinor: 0, totalMinor, intervals: [], units: [], ...line };
}

/** The versions of the entries that lines were resolved from. */
export function guardsOf(entries: ReadonlyMap<Uuid, { version: number }>): Map<Uuid, number> {
  return new Map([...entries].map(([id, { version }]) => [id, version]));
}
