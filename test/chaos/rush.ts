import { Customer, type CustomerOptions } from './customer.ts';
import type { Wares } from './wares.ts';

/** Customers who ask at the same time; each has one call under way. */
const WIDTH = 32;
const WALK_AWAY_SECONDS = 1;
/** Nobody has bought anything for so long, although something is free: longer than any outage. */
const LONGEST_LULL_MS = 60_000;
/** Who comes when everything is sold. */
const LATECOMERS = 50;

export interface RushOptions extends Omit<CustomerOptions, 'heard'> {
  wares: Wares;
  /** How long a hold lives; longer than an outage, so that kills alone make nobody lose what they hold. */
  holdSeconds: number;
  /** Ends the rush before everything is sold. */
  enough?: () => boolean;
  /** False: they hold and walk away, so that every batch makes bookings. */
  buying?: boolean;
}

/**
 * Twice as many customers as there is to sell: they hold, renew, move, cancel, walk away and come again until they
 * have confirmed something, and everything is sold. Rejects when that does not happen: what is free is then refused.
 */
export async function rush(options: RushOptions): Promise<void> {
  const { wares, enough = () => false, buying = true } = options;
  let soldAt = Date.now();
  const customer = new Customer({
    ...options,
    heard: (entry) => {
      if (entry.what !== 'acknowledged') return;
      wares.see(entry.booking);
      if (entry.verb === 'confirm') soldAt = Date.now();
    },
  });
  const over = () => enough() || wares.soldOut;
  const demand = 2 * [...wares.capacity.values()].reduce((sum, units) => sum + units, 0);
  let waiting = demand;
  const serve = async () => {
    while (!over() && waiting > 0) {
      if (buying && Date.now() > soldAt + LONGEST_LULL_MS)
        throw new Error('what is free cannot be bought: the rush does not end');
      waiting -= 1;
      if (!(await visit(customer, options))) waiting += 1; // to the end of the queue
    }
  };
  // A cancellation that was under way when the last place went is sold once more.
  while (!over() && waiting > 0) await Promise.all(Array.from({ length: WIDTH }, serve));
  if (enough()) return;
  await Promise.all(
    Array.from({ length: LATECOMERS }, () => customer.hold(wares.pick().line, WALK_AWAY_SECONDS)),
  );
}

/** What one customer does in a row; true when it goes home with what it wanted. */
async function visit(
  customer: Customer,
  { wares, holdSeconds, buying = true }: RushOptions,
): Promise<boolean> {
  const { line } = wares.pick();
  const walksAway = !buying || chance(0.05);
  const booking = await customer.hold(line, walksAway ? WALK_AWAY_SECONDS : holdSeconds);
  if (booking === undefined || walksAway) return false;
  const move = async () => {
    const other = wares.pick(line.kind).line;
    if (other.kind === line.kind) await customer.reschedule(booking, other);
  };
  if (chance(0.1)) await customer.renew(booking, holdSeconds);
  if (chance(0.15)) await move();
  if (chance(0.15) || (await customer.confirm(booking)) === undefined) {
    await customer.cancel(booking);
    return false;
  }
  if (chance(0.1)) await move();
  return chance(0.9) || (await customer.cancel(booking)) === undefined;
}

function chance(probability: number): boolean {
  return Math.random() < probability;
}
