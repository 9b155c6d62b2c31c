import type { Stretch } from '../../engine/calendar.ts';
import { ruleViolated } from '../../platform/errors.ts';
import { parseInstant } from '../../platform/schema.ts';
import type { RoomFilters } from './schema.ts';

const DAY_MS = 86_400_000;

/** The stretch between `from` and `to` of a query. Throws `rule_violated` when it is empty or longer than `mostDays`. */
export function windowOf({ from, to }: { from: string; to: string }, mostDays: number): Stretch {
  const window = { startsAt: parseInstant(from), endsAt: parseInstant(to) };
  if (window.endsAt <= window.startsAt)
    throw ruleViolated(
      '?to',
      'empty_interval',
      'The end of the time asked for must be later than its start.',
    );
  if (window.endsAt - window.startsAt > mostDays * DAY_MS)
    throw ruleViolated('?to', 'interval_too_long', `Ask for at most ${mostDays} days at a time.`);
  return window;
}

/** The filters of a query as the statements take them: building, capacity, equipment and part of a name. */
export function roomFilters({ building, capacity, equipment, search }: RoomFilters) {
  const words = equipment?.split(',').map((word) => word.trim());
  const wanted = words?.filter((word) => word !== ''); // a form left empty asks for nothing
  return [building ?? null, capacity ?? null, wanted ?? null, search ?? null] as const;
}
