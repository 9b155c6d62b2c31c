import pg from 'pg';
import { asFault } from './fault.ts';
import { Refusal } from './refusal.ts';

interface Standing {
  role: string;
  superuser: boolean;
  bypassesWalls: boolean;
  /** A table that the role owns, itself or through a membership; an owner can take its walls down. */
  owned: string | null;
}

/**
 * Refuses to serve as a role that could step over row-level security, the wall between tenants. Connects as the
 * server will, so that what counts is the role its sessions really have.
 */
export async function assertServedBehindWalls(servingUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: servingUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // the statement in flight reports it
  try {
    await client.connect();
    await assertWalled(client);
  } catch (error) {
    throw error instanceof Refusal ? error : asFault(error);
  } finally {
    await client.end();
  }
}

/** The same for the role that `client` has now. */
export async function assertWalled(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<Standing>(
    `select rolname as role, rolsuper as superuser, rolbypassrls as "bypassesWalls",
            (select min(c.oid::regclass::text) from pg_class c
              join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p') and c.relrowsecurity
               and pg_has_role(current_user, c.relowner, 'member')) as owned
       from pg_roles where rolname = current_user`,
  );
  const standing = rows[0];
  const why = standing === undefined ? 'does not exist' : weakness(standing);
  if (why === undefined) return;
  throw new Refusal(
    `Refusing to serve: the database role "${standing?.role ?? ''}" ${why}, so it could step over the wall between ` +
      'tenants. Run "holdfast migrate" with the owner\'s URL in DATABASE_DIRECT_URL, which makes the login of ' +
      'DATABASE_URL serve as holdfast_app.',
  );
}

function weakness({ superuser, bypassesWalls, owned }: Standing): string | undefined {
  if (superuser) return 'is a superuser';
  if (bypassesWalls) return 'may bypass row-level security';
  if (owned !== null) return `owns tables (${owned}), or is a member of their owner`;
  return undefined;
}
