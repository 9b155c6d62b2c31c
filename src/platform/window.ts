import type { Instant } from './clock.ts';
import { ruleViolated } from './errors.ts';
import { InstantText, parseInstant } from './schema.ts';
import { DAY_MS } from './zone.ts';

/** The query parameters of what is asked for a stretch of time. */
export const Window = { from: InstantText, to: InstantText };

/** The stretch between `from` and `to` of a query. Throws `rule_violated` when it is empty or longer than `mostDays`. */
export function windowOf(
  { from, to }: { from: string; to: string },
  mostDays: number,
): { startsAt: Instant; endsAt: Instant } {
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
