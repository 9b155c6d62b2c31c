/** How much a code takes off: a share of what it is for, or an amount of the whole order. */
export type Rate = { percent: number; amountMinor: null } | { percent: null; amountMinor: number };

/**
 * What comes off each of the lines with these totals, in whole minor units. A share is rounded once, for all lines
 * together and half up, and then divided so that the parts make exactly that: each line gets its proportion rounded
 * down, and what is left goes, one unit each, to the lines that lost most by that, of equal ones to the dearest. No line
 * gets more off than it costs.
 */
export function discountOf(rate: Rate, totals: readonly number[]): number[] {
  const sum = totals.reduce((all, total) => all + BigInt(total), 0n);
  if (sum === 0n) return totals.map(() => 0);
  const off = rate.percent === null ? least(BigInt(rate.amountMinor), sum) : shareOf(sum, rate.percent);
  const parts = totals.map((total, i) => {
    const exact = off * BigInt(total); // a product of two amounts: beyond what a number counts exactly
    return { i, total, minor: exact / sum, lost: exact % sum };
  });
  const missing = off - parts.reduce((all, { minor }) => all + minor, 0n);
  const deserving = parts.toSorted((a, b) => Number(b.lost - a.lost) || b.total - a.total || a.i - b.i);
  const gets = new Set(deserving.slice(0, Number(missing)));
  return parts.map((part) => Number(part.minor) + (gets.has(part) ? 1 : 0));
}

/** What comes off a line that had `wasMinor` off and now costs `totalMinor`: its share anew, or the same amount. */
export function carriedDiscount(percent: number | null, wasMinor: number, totalMinor: number): number {
  const rate: Rate = percent === null ? { percent, amountMinor: wasMinor } : { percent, amountMinor: null };
  return discountOf(rate, [totalMinor])[0] ?? 0;
}

/** Half up. */
function shareOf(sum: bigint, percent: number): bigint {
  return (sum * BigInt(percent) + 50n) / 100n;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
