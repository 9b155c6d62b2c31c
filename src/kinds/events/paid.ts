/**
 * What was paid for the `nth` place (from 1) of the line `l`, as SQL: the line's total, with its discount taken off, divided
 * so that the places make exactly that. The first of them are dearer by the one minor unit that is left over.
 */
export function paidFor(nth: string): string {
  return `(${paidForMost} + (${nth} <= l.total_minor % l.quantity)::int)`;
}

export const paidForMost = '(l.total_minor / l.quantity)';
/** How many of the line's places are dearer by one. */
export const dearerPlaces = '(l.total_minor % l.quantity)';

/** Which of its line's seats the seat `id` is, from 1. */
export function nthSeat(id: string): string {
  return `(select o.nth from jsonb_array_elements_text(l.details -> 'seatIds') with ordinality o (id, nth)
      where o.id = ${id}::text)`;
}
