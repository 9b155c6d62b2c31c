import type { Database } from '../../platform/db.ts';
import type { Uuid } from '../../platform/id.ts';
import { sectionsShown, type Looked, type Viewer } from './access-code.ts';
import { seatMap } from './event-queries.ts';
import type { EventSeatMap } from './inventory-schema.ts';
import { drawn, type SeatPlan } from './seat-plan.ts';
import type { SeatRow } from './venue-schema.ts';

/** The hall as this viewer may buy in it: the rows of each section, and where their seats are. */
export async function lookAtSeatMap(
  db: Database,
  tenant: Uuid,
  eventId: Uuid,
  viewer: Viewer,
): Promise<Looked<EventSeatMap>> {
  const { sections, isMiss } = sectionsShown(await db.read(tenant, seatMap, eventId), eventId, viewer);
  const answer = sections.map(({ id, name, kind, layout, plan }) => ({
    ...{ id, name, kind: kind as 'seated' | 'standing' },
    ...(layout !== null && { rows: rowsOf(layout as SeatRow[], plan as SeatPlan | null) }),
  }));
  return { answer: { eventId, sections: answer }, isMiss };
}

function rowsOf(layout: readonly SeatRow[], plan: SeatPlan | null): SeatRow[] {
  if (plan === null) return [...layout];
  const points = drawn(layout, plan);
  return layout.map((row, i) => ({ ...row, points: (points[i] ?? []).map((point) => [...point]) }));
}
