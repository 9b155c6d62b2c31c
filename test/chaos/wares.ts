import { randomInt } from 'node:crypto';
import type { ToldBooking, ToldLine } from './ledger.ts';

/** What one booking takes: units of cells. A cell is half an hour of a room, a seat, or a standing section. */
export type Taken = ReadonlyMap<string, number>;

/** Something that can be asked for: a line of a hold. */
export interface Ware {
  line: { kind: 'room' | 'seat' | 'admission' } & Record<string, unknown>;
}

export interface Shelf {
  rooms: readonly string[];
  /** Half hours of each room. */
  slots: number;
  /** The event whose places are sold, if any. */
  event?: { id: string; seats: readonly string[]; section?: { id: string; places: number } };
}

const SLOT_MS = 1_800_000;
const FIRST_SLOT = Date.UTC(2030, 0, 1);
const LONGEST_SLOTS = 3;
const MOST_PLACES = 3;

/** What is for sale and what the customers, by what they were told, have of it. */
export class Wares {
  readonly capacity: ReadonlyMap<string, number>;
  readonly #shelf: Shelf;
  readonly #confirmed = new Map<string, Taken>();
  readonly #sold = new Map<string, number>();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
    const slots = shelf.rooms.flatMap((room) =>
      Array.from({ length: shelf.slots }, (_, slot) => [slotCell(room, slotStart(slot)), 1] as const),
    );
    const seats = (shelf.event?.seats ?? []).map((seat) => [seat, 1] as const);
    const section = shelf.event?.section;
    this.capacity = new Map([
      ...slots,
      ...seats,
      ...(section ? [[section.id, section.places] as const] : []),
    ]);
  }

  /** Takes notice of a booking as the server told it. */
  see(booking: ToldBooking): void {
    this.#count(this.#confirmed.get(booking.id), -1);
    this.#confirmed.delete(booking.id);
    if (booking.state !== 'confirmed') return;
    const taken = takenBy(booking.lines);
    this.#confirmed.set(booking.id, taken);
    this.#count(taken, 1);
  }

  get soldOut(): boolean {
    return [...this.capacity.keys()].every((cell) => this.#left(cell) <= 0);
  }

  /** Something at random that nobody is known to have bought, of the kind if there is any; anything when all is sold. */
  pick(kind?: string): Ware {
    const open = [...this.capacity.keys()].filter((cell) => this.#left(cell) > 0 || this.soldOut);
    const fitting = open.filter((cell) => kind === undefined || this.#kindOf(cell) === kind);
    const from = fitting.length > 0 ? fitting : open;
    return { line: this.#lineOf(from[randomInt(from.length)] ?? '') };
  }

  #lineOf(cell: string): Ware['line'] {
    const eventId = this.#shelf.event?.id;
    const [room, start] = cell.split(' ');
    if (start !== undefined)
      return { kind: 'room', roomId: room, ...this.#stretch(room ?? '', Number(start)) };
    if (cell !== this.#shelf.event?.section?.id) return { kind: 'seat', eventId, seatIds: [cell] };
    const quantity = Math.max(1, Math.min(1 + randomInt(MOST_PLACES), this.#left(cell)));
    return { kind: 'admission', eventId, sectionId: cell, quantity };
  }

  // One to three half hours, as far as the room is not sold, so that bookings overlap each other in every way.
  #stretch(room: string, start: number): { start: string; end: string } {
    let slots = 1;
    const wished = 1 + randomInt(LONGEST_SLOTS);
    while (slots < wished && this.#left(slotCell(room, start + slots * SLOT_MS)) > 0) slots += 1;
    return { start: iso(start), end: iso(start + slots * SLOT_MS) };
  }

  #kindOf(cell: string): Ware['line']['kind'] {
    if (cell.includes(' ')) return 'room';
    return cell === this.#shelf.event?.section?.id ? 'admission' : 'seat';
  }

  #left(cell: string): number {
    return (this.capacity.get(cell) ?? 0) - (this.#sold.get(cell) ?? 0);
  }

  #count(taken: Taken | undefined, sign: number): void {
    for (const [cell, units] of taken ?? []) this.#sold.set(cell, (this.#sold.get(cell) ?? 0) + sign * units);
  }
}

/** What standing lines take, told by the server or read from its database. */
export function takenBy(lines: readonly Omit<ToldLine, 'no'>[]): Taken {
  const taken = new Map<string, number>();
  for (const line of lines) {
    if (line.cancelledAt !== null) continue;
    for (const cell of cellsOf(line)) taken.set(cell, (taken.get(cell) ?? 0) + 1);
  }
  return taken;
}

function cellsOf(line: Record<string, unknown>): string[] {
  if (line['kind'] === 'seat') return line['seatIds'] as string[];
  if (line['kind'] === 'admission') return Array(Number(line['quantity'])).fill(String(line['sectionId']));
  const from = Date.parse(String(line['start']));
  const slots = (Date.parse(String(line['end'])) - from) / SLOT_MS;
  return Array.from({ length: slots }, (_, slot) => slotCell(String(line['roomId']), from + slot * SLOT_MS));
}

function slotCell(room: string, start: number): string {
  return `${room} ${start}`;
}

function slotStart(slot: number): number {
  return FIRST_SLOT + slot * SLOT_MS;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
