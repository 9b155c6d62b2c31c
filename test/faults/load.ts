import { Customer } from '../chaos/customer.ts';
import { Ledger, type Entry } from '../chaos/ledger.ts';
import type { Server } from '../chaos/servers.ts';
import type { Wares } from '../chaos/wares.ts';

/** Customers who ask at the same time; each has one call under way. */
const WIDTH = 16;
const HOLD_SECONDS = 60;

/** A ledger that can be looked at while it is being written. */
export class OpenLedger extends Ledger {
  readonly entries: Entry[] = [];

  override append(entry: Entry): void {
    super.append(entry);
    this.entries.push(entry);
  }
}

export interface Load {
  servers: readonly Server[];
  ledger: OpenLedger;
  wares: Wares;
}

/** Customers who come and go until it is over: most give back what they bought, so that there is always something. */
export async function serveCustomers({ servers, ledger, wares }: Load, isOver: () => boolean): Promise<void> {
  const heard = (entry: Entry): void => {
    if (entry.what === 'acknowledged') wares.see(entry.booking);
  };
  const customer = new Customer({ servers, ledger, heard });
  const comeAndGo = async () => {
    while (!isOver()) await visit(customer, wares);
  };
  await Promise.all(Array.from({ length: WIDTH }, comeAndGo));
}

async function visit(customer: Customer, wares: Wares): Promise<void> {
  const { line } = wares.pick();
  const held = await customer.hold(line, HOLD_SECONDS);
  if (held === undefined) return;
  if (chance(0.2)) await customer.reschedule(held, wares.pick(line.kind).line);
  if (chance(0.1)) await customer.renew(held, HOLD_SECONDS);
  if (chance(0.8)) await customer.confirm(held);
  if (chance(0.9)) await customer.cancel(held);
}

function chance(probability: number): boolean {
  return Math.random() < probability;
}
