import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config.ts';
import { openLog, type Log } from '../platform/log.ts';
import { asOwner } from '../platform/migrate.ts';
import { reasonOf, Refusal } from '../platform/refusal.ts';
import { assertServedBehindWalls } from '../platform/wall.ts';
import { injectedCall } from './injected-call.ts';
import { prepareDatabase } from './prepare.ts';
import { reach, type Reached } from './reach.ts';
import { DEMO_SLUG, keptDemoKey, openDemoTenant } from './seed/demo-tenant.ts';
import { seedDemo, type FreeHour } from './seed/demo.ts';
import { openServer, type Server } from './server.ts';
import { stopSignal } from './stop-signal.ts';
import { warmUp } from './warm.ts';
import { welcomeLines } from './welcome.ts';

const CLOSE_DEADLINE_MS = 20_000; // a request, a batch and a clean stop of PostgreSQL need far less

/** Serves until it is told to stop. */
export async function startCommand(config: Config): Promise<number> {
  const say = (line: string): void => console.log(line);
  const log = openLog(config.logLevel);
  const stop = stopSignal(say);
  let failure: Refusal | undefined;
  const lost = (why: Refusal): void => {
    failure = why;
    stop.abort();
  };
  if (config.rateLimit === 'off')
    console.error(
      'WARNING: RATE_LIMIT=off. There are NO rate limits and NO caps on open holds. For load tests only.',
    );
  const reached = await reach(config, { say, lost });
  try {
    await reached.embedded?.claimServer();
    await serve({ config, reached, log, say, stop: stop.signal });
  } finally {
    await reached.release();
  }
  if (failure !== undefined) throw failure;
  say('Stopped.');
  return 0;
}

interface Serving {
  config: Config;
  reached: Reached;
  log: Log;
  say: (line: string) => void;
  stop: AbortSignal;
}

async function serve({ config, reached, log, say, stop }: Serving): Promise<void> {
  const applied = await prepareDatabase(reached);
  if (applied.length > 0) say(`Brought the database to the newest schema (${applied.length} migrations).`);
  await assertServedBehindWalls(reached.servingUrl);
  const server = await openServer(config, reached, log);
  try {
    const demo = await openDemo(server, reached, say);
    if (!stop.aborted) {
      await warmUp({ ...server, log });
      const url = await listen(server.app, config);
      for (const line of welcomeLines({ url, ...demo })) say(line);
    }
    await aborted(stop);
  } finally {
    const late = setTimeout(() => process.exit(1), CLOSE_DEADLINE_MS);
    await server.close();
    clearTimeout(late);
  }
}

/** Fills the demo tenant on an embedded database that has no other; a filled one costs a few calls. */
async function openDemo(
  { app, db }: Server,
  { dataDir, ownerUrl }: Reached,
  say: (line: string) => void,
): Promise<{ demoKey: string | undefined; free: FreeHour | undefined }> {
  const nothing = { demoKey: undefined, free: undefined };
  if (dataDir === undefined) return nothing;
  if ((await keptDemoKey(dataDir)) === undefined && (await hasTenants(ownerUrl))) return nothing;
  const demoKey = await openDemoTenant(db, dataDir);
  try {
    const { rooms, booked, free } = await seedDemo(injectedCall(app, DEMO_SLUG, demoKey), Date.now());
    if (booked > 0)
      say(`Seeded the demo tenant "${DEMO_SLUG}": ${rooms} rooms, ${booked} bookings in the week to come.`);
    return { demoKey, free };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(`The demo tenant is not complete: ${error.message}`); // somebody changed it: no reason not to serve
    return nothing;
  }
}

async function hasTenants(ownerUrl: string): Promise<boolean> {
  const { rowCount } = await asOwner(ownerUrl, (client) =>
    client.query('select from people.tenant_slug limit 1'),
  );
  return (rowCount ?? 0) > 0;
}

/** Listens and returns the URL to reach it from this machine. */
async function listen(app: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw new Refusal(cannotListen(error as NodeJS.ErrnoException, host, port));
  }
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${(app.server.address() as AddressInfo).port}`;
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE')
    return `Port ${port} is used by another program. Stop that, or set PORT to another number.`;
  if (error.code === 'EACCES') return `Port ${port} needs more rights. Set PORT to a number above 1023.`;
  return `The server cannot listen on ${host}:${port}: ${reasonOf(error)}. Check HOST and PORT.`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
