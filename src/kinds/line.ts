import type { HoldLine } from '../engine/index.ts';
import type { EntriesForSale } from '../engine/kept-entries.ts';
import { Problem, ruleViolated } from '../platform/errors.ts';
import type { Uuid } from '../platform/id.ts';
import type { AskedLine, ResolveContext, Resolved } from './kind.ts';

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

/** A catalogue that lines are resolved from, each of them naming one of its entries. */
export interface Named<Field extends string, Entry> {
  /** The field that names it: `roomId`. */
  field: Field;
  /** As refusals call it: `room`. */
  word: string;
  entries: EntriesForSale<Entry>;
}

/**
 * Lines with the entry that each of them names, and what guards them. Throws for one that the company does not have, or
 * that is archived.
 */
export async function withEntries<
  Field extends string,
  Line extends Readonly<Record<Field, Uuid>>,
  Entry extends { version: number; archived?: boolean },
>(
  { db, tenant, fresh }: ResolveContext,
  asked: readonly AskedLine<Line>[],
  { field, word, entries }: Named<Field, Entry>,
): Promise<{ lines: (AskedLine<Line> & { entry: Entry })[]; guards: Resolved['guards'] }> {
  const ids = asked.map(({ line }) => line[field]);
  const found = await entries(db, tenant.id, ids, fresh);
  const lines = asked.map((each) => {
    const pointer = at(each.no, field);
    const entry = found.get(each.line[field]);
    if (entry === undefined) throw noSuch(word, pointer);
    if (entry.archived === true)
      throw ruleViolated(pointer, 'archived', `This ${word} is no longer booked. Choose another ${word}.`);
    return { ...each, entry };
  });
  return { lines, guards: guardsOf(found) };
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
