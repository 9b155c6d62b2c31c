import type { Uuid } from '../../platform/id.ts';

/**
 * The ids of an event's places are made from the event's own: its first 96 bits, 12 bits for the section, 20 for the
 * seat, where 0 is the section itself. So a seat names its event and section without a look-up in the rush, no table
 * repeats 20 000 seats for each event, and a section and its seats are neighbours in every index.
 */
const KEPT_OF_EVENT = 28;
const SECTION_DIGITS = 3;
/** Of the number of a seat, at the end of its id. */
export const SEAT_DIGITS = 5;

/** `no` is the section's number in the venue, from 1. */
export function sectionId(eventId: Uuid, no: number): Uuid {
  return `${eventId.slice(0, KEPT_OF_EVENT)}${digits(no, SECTION_DIGITS)}${digits(0, SEAT_DIGITS)}`;
}

/** `no` counts the seats of a section from 1, row by row. */
export function seatId(section: Uuid, no: number): Uuid {
  return withoutDigits(section) + digitsOf(no);
}

/** What the ids of a section and of its seats begin with. */
export function withoutDigits(section: Uuid): string {
  return section.slice(0, -SEAT_DIGITS);
}

/** What the id of a seat ends with. */
export function digitsOf(no: number): string {
  return digits(no, SEAT_DIGITS);
}

/** The section and number in it that a seat's id would mean; whether there are such is for the caller to find. */
export function seatOf(id: Uuid): { section: Uuid; no: number } {
  return { section: seatId(id, 0), no: parseInt(id.slice(-SEAT_DIGITS), 16) };
}

/** The first and the last id that a place of the event can have. */
export function placesOfEvent(eventId: Uuid): [Uuid, Uuid] {
  const kept = eventId.slice(0, KEPT_OF_EVENT);
  const rest = SECTION_DIGITS + SEAT_DIGITS;
  return [kept + '0'.repeat(rest), kept + 'f'.repeat(rest)];
}

/** Whether the place belongs to the event. */
export function isPlaceOf(eventId: Uuid, placeId: Uuid): boolean {
  return eventId.slice(0, KEPT_OF_EVENT) === placeId.slice(0, KEPT_OF_EVENT);
}

/** The same in SQL: whether the place `id` belongs to `event`, both expressions. */
export function isOfEvent(id: string, event: string): string {
  return `left(${id}::text, ${KEPT_OF_EVENT}) = left(${event}, ${KEPT_OF_EVENT})`;
}

/** Whether the place `id`, an expression of SQL, is a section and not a seat. */
export function isSection(id: string): string {
  return `right(${id}::text, ${SEAT_DIGITS}) = '${digits(0, SEAT_DIGITS)}'`;
}

/** The number in the venue of the section of the place `id`, an expression of SQL. */
export function sectionNo(id: string): string {
  return `('x' || substr(right(${id}::text, ${SECTION_DIGITS + SEAT_DIGITS}), 1, ${SECTION_DIGITS}))::bit(${4 * SECTION_DIGITS})::int`;
}

/** The number of the seat `id`, an expression of SQL, in its section. */
export function seatNo(id: string): string {
  return `('x' || right(${id}::text, ${SEAT_DIGITS}))::bit(${4 * SEAT_DIGITS})::int`;
}

/** The same of the seat `id`, an expression of SQL: `SEAT_DIGITS` of them, for its number. */
export function seatDigits(id: string): string {
  return `right(${id}::text, ${SEAT_DIGITS})`;
}

/** The id of the place with the number `no` of the section `id`, both expressions of SQL: `seatId` there. */
export function numberedPlace(id: string, no: string): string {
  return `(left(${id}::text, -${SEAT_DIGITS}) || lpad(to_hex(${no}), ${SEAT_DIGITS}, '0'))::uuid`;
}

function digits(number: number, length: number): string {
  return number.toString(16).padStart(length, '0');
}
