import { openDatabase } from '../platform/db.ts';
import { asFault } from '../platform/fault.ts';
import { openLog } from '../platform/log.ts';
import { migrate, missingMigrations } from '../platform/migrate.ts';
import { Refusal } from '../platform/refusal.ts';

const INSUFFICIENT_PRIVILEGE = '42501';

/** Ways into one database: as its owner, and as the login that serves. */
export interface Access {
  ownerUrl: string;
  servingUrl: string;
  servingLogin: string;
}

/**
 * Brings the database to the newest schema and returns the names of the migrations applied now. A login without the
 * owner's rights is enough while nothing is due, so that serving machines need not know the owner's URL.
 */
export async function prepareDatabase({ ownerUrl, servingUrl, servingLogin }: Access): Promise<string[]> {
  try {
    return await migrate(ownerUrl, servingLogin);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    if (await isUpToDate(servingUrl)) return [];
    throw new Refusal(
      `Migrations are due, and the login of the database may not apply them. ` +
        `Run "holdfast migrate" with the owner's URL in DATABASE_DIRECT_URL.`,
    );
  }
}

/** Whether PostgreSQL said that the login has not the right to do it. */
export function isForbidden(error: unknown): boolean {
  return asFault(error).sqlState === INSUFFICIENT_PRIVILEGE;
}

async function isUpToDate(servingUrl: string): Promise<boolean> {
  const db = openDatabase({ url: servingUrl, size: 1, named: false, log: openLog('silent') });
  try {
    return (await missingMigrations(db)).length === 0;
  } catch {
    return false; // no schema at all, or a login that nothing was granted to
  } finally {
    await db.close();
  }
}
