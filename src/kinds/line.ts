import { Problem } from '../platform/errors.ts';

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
