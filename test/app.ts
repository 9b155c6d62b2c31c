import type { FastifyInstance } from 'fastify';
import { inject, type InjectOptions } from 'light-my-request';
import { openEngine } from '../src/engine/index.ts';
import { buildApp } from '../src/http/app.ts';
import type { Guesses } from '../src/people/guesses.ts';
import type { Kind } from '../src/kinds/kind.ts';
import { kinds } from '../src/kinds/index.ts';
import type { Tenant } from '../src/people/access.ts';
import { createKey, type KeyRole } from '../src/people/key.ts';
import { createTenant } from '../src/people/tenant.ts';
import { openMetrics } from '../src/platform/metrics.ts';
import { openVault } from '../src/platform/vault.ts';
import { freshDatabase, silentLog, type FreshDatabase } from './database.ts';

export interface TestApp {
  app: FastifyInstance;
  database: FreshDatabase;
  /** A new tenant with a key of each role asked for, in their order. */
  tenantWith(...roles: KeyRole[]): Promise<{ tenant: Tenant; base: string; keys: string[] }>;
  close(): Promise<void>;
}

/** The real application on a database of its own, without a port; `more` kinds can be mounted beside the real ones. */
export async function testApp({
  more = [],
  openHolds,
  guesses,
}: { more?: readonly Kind[]; openHolds?: number; guesses?: Guesses } = {}): Promise<TestApp> {
  const database = await freshDatabase();
  const { db } = database;
  const engine = openEngine({ db, log: silentLog, width: 2, guarded: true });
  const vault = openVault('a secret of the tests');
  const operator = { metrics: openMetrics(), slowRequest: () => undefined };
  const app = await buildApp({
    db,
    engine,
    kinds: [...kinds, ...more],
    log: silentLog,
    operator,
    vault,
    openHolds,
    guesses,
  });
  let made = 0;
  return {
    app,
    database,
    tenantWith: async (...roles) => {
      const tenant = await createTenant(db, { slug: `company-${(made += 1)}` });
      const keys = await Promise.all(
        roles.map((role) => createKey(db, tenant.id, { role, name: `${role} of the tests` })),
      );
      return { tenant, base: `/api/v1/${tenant.slug}`, keys };
    },
    close: async () => {
      await app.close();
      await engine.drain();
      await database.close();
    },
  };
}

export interface Call {
  key?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A request as it comes in over a socket: by the server's own door, where some are answered before Fastify sees them. */
export function knock(app: FastifyInstance, options: InjectOptions) {
  return inject((request, answer) => void app.server.emit('request', request, answer), options);
}

/** One call as a program would make it; `body` is sent as JSON. */
export async function call(
  app: FastifyInstance,
  method: string,
  url: string,
  { key, body, headers }: Call = {},
) {
  const options: InjectOptions = {
    method,
    url,
    headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers },
  };
  if (body !== undefined) {
    options.payload = JSON.stringify(body);
    options.headers = { 'content-type': 'application/json', ...options.headers };
  }
  const answer = await knock(app, options);
  const json =
    /[/+]json/.test(String(answer.headers['content-type'])) && answer.body !== '' ? answer.json() : undefined;
  return { status: answer.statusCode, headers: answer.headers, body: json as Body, text: answer.body };
}

/** What the tests look at in an answer. */
export interface Body {
  [field: string]: unknown;
  code: string;
  detail: string;
  errors: { pointer: string; reason: string }[];
}
