import { ruleViolated } from '../../platform/errors.ts';
import { minuteOf } from './opening.ts';
import { lengths } from './rules.ts';
import type { OpeningHours, Rules } from './schema.ts';

/** Throws `rule_violated` for hours that are none and for rules that no booking could keep. */
export function requireSensible(asked: { openingHours?: OpeningHours | null; rules?: Rules | null }): void {
  for (const [day, stretches] of Object.entries(asked.openingHours ?? {}))
    for (const [i, [opens = '', closes = '']] of stretches.entries())
      requireStretch(`/openingHours/${day}/${i}`, opens, closes);
  requirePossible(asked.rules ?? {});
}

function requireStretch(pointer: string, opens: string, closes: string): void {
  if (opens === '24:00')
    throw ruleViolated(
      `${pointer}/0`,
      'invalid_time_of_day',
      'Only closing can be at 24:00. What opens then opens at 00:00 on the next day.',
    );
  if (minuteOf(opens) === minuteOf(closes))
    throw ruleViolated(
      pointer,
      'empty_interval',
      'These are the same time. For the whole day write ["00:00", "24:00"].',
    );
}

function requirePossible(rules: Rules): void {
  const { leastMs, mostMs } = lengths(rules);
  if (leastMs > mostMs)
    throw ruleViolated(
      '/rules/minMinutes',
      'out_of_range',
      'The shortest booking would be longer than the rules allow the longest to be.',
    );
}
