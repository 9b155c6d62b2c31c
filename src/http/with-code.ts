import type { Booking } from '../engine/index.ts';
import { ruleViolated } from '../platform/errors.ts';
import { carryDiscounts, discounted, findCode, requireValid, usesOf } from '../sales/redeem.ts';
import type { Context, Finish } from './resolve.ts';

/** Takes off what a code takes off, and makes the hold count as a use of it. Nothing happens without a code. */
export function withCode({ db, tenant, client, now }: Context, text: string | undefined): Finish {
  return async (resolved, fresh) => {
    if (text === undefined) return resolved;
    if (resolved.approval === 'competing')
      throw ruleViolated(
        '/discountCode',
        'code_not_applicable',
        'A request that competes with others holds nothing, so it cannot use a code.',
      );
    const code = requireValid(await findCode(db, tenant.id, text, fresh), now);
    return {
      ...resolved,
      lines: discounted(code, resolved.lines),
      guards: new Map([...resolved.guards, [code.id, code.version]]),
      units: usesOf(code, client),
    };
  };
}

/** Lines of a booking that are moved keep their discount. Its use stays with the booking, whatever its lines become. */
export function keepingDiscounts({ db, tenant }: Context, { lines }: Booking): Finish {
  return async (resolved) => ({
    ...resolved,
    lines: await carryDiscounts(db, tenant.id, lines, resolved.lines),
  });
}
