import type { Config } from '../../config.ts';
import type { Tenant } from '../../people/access.ts';
import { renewKey } from '../../people/key.ts';
import { createTenant, findTenant } from '../../people/tenant.ts';
import type { Database } from '../../platform/db.ts';
import { Refusal } from '../../platform/refusal.ts';
import { openClient, requireServer } from '../client.ts';
import { diagnose } from '../doctor.ts';
import { withDatabase } from '../reach.ts';
import { countOccupied } from './occupied.ts';
import { countOnClock } from './on-clock.ts';
import { readReplay, replayTimetable } from './timetable.ts';

/** `holdfast replay timetable <file>` as typed. */
export interface TimetableOptions {
  readonly file: string;
  readonly tenant: string;
  readonly timezone: string;
  readonly concurrency: string;
  readonly week?: string;
  readonly weeks: string;
  readonly url?: string;
  readonly key?: string;
}

/** Replays a timetable through the server that runs on this command's database; exit code 1 when the proof fails. */
export async function replayTimetableCommand(config: Config, options: TimetableOptions): Promise<number> {
  const { tenant: slug, url = `http://127.0.0.1:${config.port}` } = options;
  const { concurrency, weeks } = options;
  const numbers = { concurrency: Number(concurrency), weeks: Number(weeks) };
  const replay = await readReplay({ ...options, ...numbers }, Date.now());
  await requireServer(url);
  const whole = await withDatabase(config, async ({ db, reached }) => {
    const { tenant, key } = await enter(db, slug, options);
    const client = openClient({ url, tenant: slug, key, connections: replay.concurrency });
    const print = (line: string): void => console.log(line);
    try {
      return await replayTimetable(replay, {
        call: client.call,
        countOccupied: (...asked) => countOccupied(db, tenant.id, ...asked),
        countOnClock: (...asked) => countOnClock(db, tenant.id, ...asked),
        doctor: () => diagnose(reached.ownerUrl, print),
        print,
        progress: process.stderr,
      });
    } finally {
      client.close();
    }
  });
  return whole ? 0 : 1;
}

/** The tenant and a key to it, both made when they are missing. */
async function enter(
  db: Database,
  slug: string,
  { key, timezone }: TimetableOptions,
): Promise<{ tenant: Tenant; key: string }> {
  const there = await findTenant(db, slug);
  if (there === undefined && key !== undefined)
    throw new Refusal(
      `There is no tenant "${slug}" that the key could belong to. Leave --key out to make both.`,
    );
  const tenant = there ?? (await createTenant(db, { slug, timezone }));
  return { tenant, key: key ?? (await renewKey(db, tenant.id, { role: 'admin', name: 'replay' })) };
}
