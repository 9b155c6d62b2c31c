import { randomInt } from 'node:crypto';
import { seatOf } from '../../src/kinds/events/place.ts';
import { Customer } from './customer.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { OnSale } from './on-sale.ts';
import type { Server } from './servers.ts';
import type { openEvent } from './shop.ts';
import { takenBy } from './wares.ts';

/** What became of somebody: bought, left without buying what was held, or found nothing any more. */
export type Hope = 'happy' | 'left' | 'disappointed';

export interface CrowdOptions extends Pick<
  OnSale,
  'hall' | 'buyers' | 'connections' | 'holdSeconds' | 'say' | 'signal'
> {
  /** The first of them is killed when half of the buyers have been served. */
  servers: readonly Server[];
  ledger: Ledger;
  place: Awaited<ReturnType<typeof openEvent>>;
  /** A discount code that some have, and that is good for fewer. */
  code: string;
}

/** Out of ten. */
const LEAVE = 1;
const HAVE_THE_CODE = 3;
const CHOOSE_THEMSELVES = 4;
const PARTY = 2;
/** How often somebody looks for another pair before he takes what he is given. */
const LOOKS = 3;

/** All buyers, as many at a time as there are connections, each until he has what he wants or there is nothing. */
export async function crowd(options: CrowdOptions): Promise<Record<Hope, number>> {
  const { servers, ledger, buyers, connections, say, signal } = options;
  const map = new SeatMap(options);
  const customer = new Customer({ servers, ledger, heard: (entry) => map.see(entry) });
  const hopes = { happy: 0, left: 0, disappointed: 0 };
  let [came, served] = [0, 0];
  let killed: Promise<void> | undefined;
  const serve = async () => {
    while (came < buyers && signal?.aborted !== true) {
      came += 1;
      hopes[await buy(customer, map, options)] += 1;
      served += 1;
      if (served === Math.ceil(buyers / 2)) killed = servers[0]?.kill();
      if (served % 5_000 === 0) say?.(`${served} of ${buyers} buyers served`);
    }
  };
  await Promise.all(Array.from({ length: connections }, serve));
  await killed;
  signal?.throwIfAborted();
  return hopes;
}

async function buy(customer: Customer, map: SeatMap, { holdSeconds, code }: CrowdOptions): Promise<Hope> {
  const hasCode = randomInt(10) < HAVE_THE_CODE;
  for (const line of map.wishes()) {
    const cheaper = hasCode ? await customer.hold(line, holdSeconds, code) : undefined;
    const booking = cheaper ?? (await customer.hold(line, holdSeconds));
    if (booking === undefined) continue;
    if (randomInt(10) < LEAVE) return 'left';
    return (await customer.confirm(booking)) === undefined ? 'disappointed' : 'happy';
  }
  return 'disappointed';
}

/** When those who left have lost their places, and their uses of the code: who has it buys one place until it is used up. */
export async function latecomers({ servers, ledger, place, code, holdSeconds }: CrowdOptions): Promise<void> {
  const customer = new Customer({ servers, ledger, heard: () => undefined });
  for (const line of [anywhere(place, 1), ...(place.section ? [standing(place, 1)] : [])])
    for (;;) {
      const booking = await customer.hold(line, holdSeconds, code);
      if (booking === undefined) break;
      await customer.confirm(booking);
    }
}

type Place = CrowdOptions['place'];

function anywhere({ id: eventId, seats }: Place, quantity: number): object {
  return { kind: 'bestSeats', eventId, sectionId: seatOf(seats[0] ?? '').section, quantity };
}

function standing({ id: eventId, section }: Place, quantity: number): object {
  return { kind: 'admission', eventId, sectionId: section?.id, quantity };
}

/** What the buyers believe to be free: what they were told of, which is old as soon as it is told. */
class SeatMap {
  readonly #options: CrowdOptions;
  readonly #taken = new Set<string>();

  constructor(options: CrowdOptions) {
    this.#options = options;
  }

  see(entry: Entry): void {
    if (entry.what !== 'acknowledged') return;
    for (const cell of takenBy(entry.booking.lines).keys()) this.#taken.add(cell);
  }

  /** What somebody asks for, one after the other until he gets one of them. */
  *wishes(): Generator<object> {
    const { place } = this.#options;
    const { id: eventId, seats, section } = place;
    const [best, admission] = [anywhere(place, PARTY), standing(place, PARTY)];
    const total = seats.length + (section?.places ?? 0);
    if (randomInt(total) >= seats.length) {
      yield admission;
      yield best;
      return;
    }
    if (randomInt(10) < CHOOSE_THEMSELVES)
      for (let look = 0; look < LOOKS; look++) yield { kind: 'seat', eventId, seatIds: this.#pair() };
    yield best;
    if (section !== undefined) yield admission;
  }

  /** Two seats side by side that nobody is known to have; any two where none are found quickly. */
  #pair(): string[] {
    const { place, hall } = this.#options;
    const inRow = hall.seats / hall.rows;
    let pair: string[] = [];
    for (let tries = 0; tries < 20; tries++) {
      const from = randomInt(hall.rows) * inRow + randomInt(inRow - 1);
      pair = place.seats.slice(from, from + PARTY);
      if (!pair.some((seat) => this.#taken.has(seat))) break;
    }
    return pair;
  }
}
