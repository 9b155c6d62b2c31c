import fc from 'fast-check';
import { toSeatMap, type SeatMap } from './seat-map.ts';

export interface Hall {
  map: SeatMap;
  free: Uint8Array;
  /** Of each seat the number of its row, and of what it stands in between the ends of rows and the aisles. */
  rows: number[];
  stretches: number[];
}

/** A hall as it is drawn: a word for each row, `f` free, `A` free for those who need it, `|` an aisle, anything else taken. */
export function hall(drawn: string): Hall {
  const layout = drawn.split(' ').map((row, i) => {
    const seats = row.replaceAll('|', '');
    const accessible = seats.split('').flatMap((letter, at) => (letter === 'A' ? [at + 1] : []));
    const aisles = row.split('|').map((_, at, parts) => parts.slice(0, at + 1).join('').length);
    return {
      ...{ name: `${i}`, seats: seats.length, aisles: aisles.slice(0, -1).toReversed() }, // in no order
      ...(accessible.length > 0 && { accessible }),
    };
  });
  const numbers = (between: RegExp) =>
    drawn.split(between).flatMap((part, i) => Array<number>(part.replaceAll('|', '').length).fill(i));
  const free = Uint8Array.from(drawn.replaceAll(/[ |]/g, ''), (l) => (l === 'f' || l === 'A' ? 1 : 0));
  return { map: toSeatMap(layout), free, rows: numbers(/ /), stretches: numbers(/[ |]/) };
}

const seat = fc.constantFrom('f', 'f', 'f', 'A', 'x', 'x');
const row = fc
  .tuple(seat, fc.array(fc.tuple(fc.constantFrom('', '', '', '|'), seat), { maxLength: 8 }))
  .map(([first, others]) => [first, ...others.flat()].join(''));

/** Any hall, as `hall` reads it. */
export const halls = fc.array(row, { minLength: 1, maxLength: 4 }).map((rows) => rows.join(' '));

/** Free seats with no free one beside them, but for those that are kept for those who need them. */
function aloneIn({ map, free, stretches }: Hall): number[] {
  const isFreeBeside = (seat: number) => (other: number) =>
    stretches[other] === stretches[seat] && free[other] === 1;
  return [...free.keys()].filter(
    (at) => free[at] === 1 && !map.accessible.has(at) && ![at - 1, at + 1].some(isFreeBeside(at)),
  );
}

/** The seats that are alone once these are taken, and were not before. */
export function newlyAlone(of: Hall, taken: readonly number[]): number[] {
  const free = of.free.map((each, at) => (taken.includes(at) ? 0 : each));
  const before = aloneIn(of);
  return aloneIn({ ...of, free }).filter((at) => !before.includes(at));
}

/** How lists of numbers are sorted: by the first in which they differ. */
export function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
