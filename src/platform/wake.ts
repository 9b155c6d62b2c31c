import pg from 'pg';
import type { Log } from './log.ts';

const CHANNEL = 'holdfast_changes';
/** Commits of this long are told together: a NOTIFY in every transaction would make all commits wait for each other. */
const COALESCE_MS = 10;
const RETRY_MS = 1_000;

/**
 * Tells every process that something changed. It may be lost, and then a look at the clock finds the change a little
 * later: nothing depends on it but promptness. LISTEN needs a session of its own, so `url` must not lead through a
 * pooler.
 */
export interface WakeUp {
  /** Something was committed here: tells every process, this one too. */
  ring(): void;
  onWake(listener: () => void): void;
  close(): Promise<void>;
}

export function openWakeUp(url: string, log: Log): WakeUp {
  const listeners: (() => void)[] = [];
  const wake = () => listeners.forEach((listener) => listener());
  let client: pg.Client | undefined;
  let closed = false;
  let telling: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;
  let connecting = connect();

  async function connect(): Promise<void> {
    const fresh = new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 2_000 });
    let lost = false;
    const again = (error?: unknown) => {
      if (lost || closed) return;
      lost = true;
      client = undefined;
      log.warn({ err: error }, 'not told of changes for the moment; they are looked for instead');
      retry = setTimeout(() => {
        connecting = connect();
      }, RETRY_MS);
      fresh.end().catch(() => undefined);
    };
    fresh.on('error', again);
    fresh.on('end', again);
    fresh.on('notification', wake);
    try {
      await fresh.connect();
      await fresh.query(`set idle_session_timeout = 0; listen ${CHANNEL}`);
      client = fresh;
      wake(); // whatever happened while nobody listened
    } catch (error) {
      again(error);
    }
  }

  return {
    ring: () => {
      telling ??= setTimeout(() => {
        telling = undefined;
        wake();
        client?.query(`notify ${CHANNEL}`).catch(() => undefined); // the others look for themselves
      }, COALESCE_MS);
    },
    onWake: (listener) => void listeners.push(listener),
    close: async () => {
      closed = true;
      clearTimeout(telling);
      clearTimeout(retry);
      await connecting;
      await client?.end();
    },
  };
}
