import { pino } from 'pino';

export type Log = Pick<ReturnType<typeof pino>, 'debug' | 'info' | 'warn' | 'error' | 'isLevelEnabled'>;

/** JSON lines on standard error, so that what a command prints on standard output stays clean. */
export function openLog(level: string): ReturnType<typeof pino> {
  return pino(
    {
      level,
      base: null,
      redact: [
        'req.headers.authorization',
        'req.headers.cookie',
        '*.secret',
        '*.password',
        'err.detail',
        'err.cause.detail',
      ],
    },
    pino.destination({ dest: 2, sync: false }),
  );
}
