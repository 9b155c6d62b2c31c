import { constants } from 'node:os';

/**
 * A terminal sends Ctrl-C to the whole group of processes, and npm and bin/holdfast.js pass on what they get, so one
 * key press may arrive two or three times. Only a signal after this pause is a second one.
 */
const ECHO_MS = 500;

/**
 * Aborts at the first SIGINT, SIGTERM or SIGHUP; the second ends the process at once. Whatever then stays behind
 * (a running embedded PostgreSQL) is adopted by the next start.
 */
export function stopSignal(say: (line: string) => void): AbortController {
  const stop = new AbortController();
  let first = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      const now = performance.now();
      if (stop.signal.aborted && first > 0 && now - first > ECHO_MS)
        process.exit(128 + constants.signals[signal]);
      if (first > 0) return;
      first = now;
      say('Stopping. Press Ctrl-C again to stop at once.');
      stop.abort();
    });
  return stop;
}
