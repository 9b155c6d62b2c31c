import type { Log } from './log.ts';

/** Lines of one kind in one second: under a stall everything is slow, and the log must not become the next bottleneck. */
const MOST_LINES = 20;
const SECOND_MS = 1_000;

/**
 * Logs what took longer than `thresholdMs`, by name and never with values. What a second has beyond its lines is
 * counted and told with the first line of a later one.
 */
export function openSlowLog(
  log: Pick<Log, 'warn'>,
  what: 'statement' | 'request',
  thresholdMs: number,
  clock: () => number = performance.now.bind(performance),
): (tookMs: number, about: () => object) => void {
  let since = -Infinity;
  let lines = 0;
  let left = 0;
  return (tookMs, about) => {
    if (tookMs <= thresholdMs) return;
    if (clock() - since >= SECOND_MS) [since, lines] = [clock(), 0];
    if (lines === MOST_LINES) {
      left += 1;
      return;
    }
    lines += 1;
    const alsoSlow = left === 0 ? {} : { alsoSlow: left };
    left = 0;
    log.warn({ ...about(), ms: Math.round(tookMs), ...alsoSlow }, `slow ${what}`);
  };
}
