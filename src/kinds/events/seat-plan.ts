import { ruleViolated } from '../../platform/errors.ts';
import type { NewSection, SeatRow } from './venue-schema.ts';

type SeatedSection = Extract<NewSection, { kind: 'seated' }>;

/** Where the rows of a section are, as it was said, and where the section is on the plan of the hall. */
export type SeatPlan = Pick<SeatedSection, 'at'> & { rows: readonly Pick<SeatRow, 'points' | 'bend'>[] };

/** In cm: to the right, and away from the stage. */
export type Point = readonly [x: number, y: number];

/** How many more steps from seat to seat it is across an aisle of a row that is not drawn seat by seat. */
const AISLE = 2;

/** What is kept of how a section is drawn; null when it is not. Throws `rule_violated` for what cannot be drawn. */
export function planOf({ at, rows }: SeatedSection, pointer: string): SeatPlan | null {
  if (at === undefined && rows.every(({ points, bend }) => points === undefined && bend === undefined))
    return null;
  const seen = new Set<string>();
  for (const [i, row] of rows.entries()) requireDrawable(row, `${pointer}/rows/${i}`, seen);
  return {
    ...(at && { at }),
    rows: rows.map(({ points, bend }) => ({ points, ...(bend !== undefined && { bend }) })),
  };
}

/** `seen` are the points of the rows before. */
function requireDrawable({ seats, points, bend }: SeatRow, pointer: string, seen: Set<string>): void {
  if (points === undefined)
    throw ruleViolated(`${pointer}/points`, 'missing_field', 'Say of all rows of a section where they are.');
  const isLine = points.length === 2 && seats > 2;
  if (points.length !== seats && !isLine)
    throw ruleViolated(
      `${pointer}/points`,
      points.length < seats ? 'too_few_items' : 'too_many_items',
      `The row has ${seats} seats: say where each is, or only the first and the last.`,
    );
  if (bend !== undefined && !isLine)
    throw ruleViolated(
      `${pointer}/bend`,
      'unknown_field',
      'A row is bent between two points. Leave the others out.',
    );
  for (const [i, point] of points.entries()) {
    if (seen.has(String(point)))
      throw ruleViolated(`${pointer}/points/${i}`, 'duplicate_item', 'Another seat of the section is there.');
    seen.add(String(point));
  }
}

/** Where each seat of each row is on the plan of the hall, to the cm. */
export function drawn(layout: readonly SeatRow[], { at, rows }: SeatPlan): Point[][] {
  const place = placing(at);
  return layout.map((row, i) => pointsOf(row, rows[i] ?? {}).map(place));
}

function pointsOf({ seats, aisles }: SeatRow, { points = [], bend = 0 }: SeatPlan['rows'][number]): Point[] {
  const given = points.map(([x = 0, y = 0]): Point => [x, y]);
  const [first, last] = given;
  if (given.length === seats || first === undefined || last === undefined) return given;
  const steps = stepsOf(seats, new Set(aisles));
  const most = steps.at(-1) ?? 1;
  return steps.map((step) => along(first, last, bend, step / most));
}

/** How many steps each seat is from the first. */
function stepsOf(seats: number, aisles: ReadonlySet<number>): number[] {
  let step = 0;
  return Array.from({ length: seats }, (_, i) => {
    if (i > 0) step += aisles.has(i) ? 1 + AISLE : 1;
    return step;
  });
}

/** The point at this share of the way, straight or along the arc whose middle is `bend` behind the straight line. */
function along([x, y]: Point, [toX, toY]: Point, bend: number, share: number): Point {
  const [dx, dy] = [toX - x, toY - y];
  if (bend === 0) return [x + share * dx, y + share * dy];
  const chord = Math.hypot(dx, dy);
  const radius = (chord ** 2 / 4 + bend ** 2) / (2 * bend);
  const angle = 2 * Math.atan2(2 * bend, chord) * (2 * share - 1); // from the middle of the arc
  const ahead = chord / 2 + radius * Math.sin(angle);
  const behind = bend - radius + radius * Math.cos(angle);
  return [x + (ahead * dx - behind * dy) / chord, y + (ahead * dy + behind * dx) / chord];
}

/** From a section's own plan to that of the hall. */
function placing(at: SeatPlan['at'] = { x: 0, y: 0 }): (point: Point) => Point {
  const turn = ((at.turn ?? 0) * Math.PI) / 180;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return ([x, y]) => [Math.round(at.x + x * cos - y * sin), Math.round(at.y + x * sin + y * cos)];
}
