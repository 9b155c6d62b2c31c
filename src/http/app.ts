import compress from '@fastify/compress';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Engine } from '../engine/index.ts';
import type { Kind } from '../kinds/kind.ts';
import { KEY_BOUNDS, type KeyCache } from '../people/key.ts';
import { openCache, type Hearing } from '../platform/cache/cache.ts';
import type { Database } from '../platform/db.ts';
import { Problem } from '../platform/errors.ts';
import { openExports } from '../platform/export/exports.ts';
import { uuidV7 } from '../platform/id.ts';
import type { Log } from '../platform/log.ts';
import type { Reads } from '../platform/replica.ts';
import { openVault, type Vault } from '../platform/vault.ts';
import { openAskedAgain, type Remember } from './asked-again.ts';
import { readJsonBodies } from './body.ts';
import { bookingExportRoute } from './booking-export.ts';
import { bookingReportRoute } from './booking-report.ts';
import { bookingRoutes } from './bookings.ts';
import { clientRoutes } from './clients.ts';
import { discountCodeRoutes } from './discount-codes.ts';
import type { Guesses } from '../people/guesses.ts';
import { healthRoutes } from './health.ts';
import { answerUnknownUrls } from './not-found.ts';
import { countingRequests, countRequests, operatorRoutes, type Operator } from './operator.ts';
import { answerClientError, answerProblems, sendError } from './problem.ts';
import { readQueries } from './query.ts';
import { keepAnswers, type Answers } from './ready-bytes.ts';
import { describeApi } from './reference.ts';
import { securityHeaders } from './security-headers.ts';
import { closeSilentConnections } from './silent-connections.ts';
import { guardTenantScope } from './tenant-scope.ts';
import { validateCodeRoute } from './validate-code.ts';
import { ajv } from './validation.ts';

export interface AppDeps {
  db: Database;
  /** Where reads go that may be a little old; unset: the same database. */
  reads?: Reads | undefined;
  engine: Engine;
  log: Log;
  kinds: readonly Kind[];
  /** Keeps private keys; unset: there is no secret to keep them under. */
  vault?: Vault;
  /** Where answers are kept; unset: every answer is made anew. */
  answers?: Answers | undefined;
  /** Where keys that were examined are kept; unset: here, and nobody tells of a revocation before their time is up. */
  keys?: KeyCache;
  /** Where callers reach us, for the API document; unset: wherever they found the document. */
  publicUrl?: string;
  /** Holds that one client may have open at a time; unset: no cap. */
  openHolds?: number | undefined;
  /** Bounds the guessing of codes; unset: nobody counts. */
  guesses?: Guesses | undefined;
  /** Unset: nothing is counted, and there is nothing to see for those who run it. */
  operator?: Operator;
}

const DEAF: Hearing = { hears: () => true, listen: () => Promise.resolve() };
/** Commands of a company that may wait while its exports go on at full speed. */
const CALM = 16;
const MAX_BODY_BYTES = 256 * 1024;
const MAX_URL_LENGTH = 8 * 1024;

/** For slow senders; handlers need none: every transaction has a deadline, and so has every wait for one. */
const LIMITS: FastifyServerOptions = {
  bodyLimit: MAX_BODY_BYTES,
  requestTimeout: 15_000,
  keepAliveTimeout: 72_000, // longer than a balancer's usual 60 s: it must be the one that closes
  routerOptions: { maxParamLength: 200 },
};

/** The whole HTTP surface, ready to listen. It owns nothing: whoever made `deps` closes them after closing the app. */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const { db, log } = deps;
  const app = fastify({
    ...LIMITS,
    ajv,
    logger: false, // one line for each request is the `onResponse` hook's
    genReqId: requestId,
    return503OnClosing: false, // what still comes over an open connection while we stop is served, then it is closed
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => sendError(log, error, request, reply),
  });
  app.decorate('standingRoutes', []);
  const security = securityHeaders();
  const count = deps.operator ? countingRequests(deps.operator) : () => undefined;
  const again = openAskedAgain({ headers: security, idOf: requestId, count });
  if (!log.isLevelEnabled('debug')) again.standBefore(app);
  closeSilentConnections(app);
  answerProblems(app, log);
  answerUnknownUrls(app);
  nameAndBoundRequests(app, log, security);
  if (deps.operator) countRequests(app, count);
  readJsonBodies(app);
  await compressAnswers(app);
  await describeApi(app, deps.publicUrl);
  healthRoutes(app, db, log);
  if (deps.operator) operatorRoutes(app, deps.operator);
  await app.register(async (scope) => tenantRoutes(scope, deps, again.remember), {
    prefix: '/api/v1/:tenant',
  });
  await app.ready();
  return app;
}

async function tenantRoutes(scope: FastifyInstance, deps: AppDeps, remember: Remember): Promise<void> {
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  app.decorateRequest('actor');
  app.decorateRequest('isStillLetIn');
  app.decorateRequest('idempotencyKey');
  guardTenantScope(app, deps.db, deps.keys ?? openCache({ hearing: DEAF, bounds: KEY_BOUNDS }));
  if (deps.answers !== undefined) keepAnswers(app, deps.answers, remember);
  readQueries(app);
  const exports = openExports((tenant) => deps.engine.waiting(tenant) > CALM);
  app.addHook('preClose', async () => exports.cut());
  bookingRoutes(app, deps);
  clientRoutes(app, deps.db);
  discountCodeRoutes(app, deps.db);
  validateCodeRoute(app, deps);
  const { db, reads = db } = deps;
  bookingExportRoute(app, { db, reads, exports });
  bookingReportRoute(app, { db, reads });
  const vault = deps.vault ?? openVault(undefined);
  for (const kind of deps.kinds) kind.routes(app, { ...deps, reads, exports, vault, guesses: deps.guesses });
}

/** The caller's own id when it is short and plain, so that his logs and ours can be laid side by side. */
function requestId({ headers }: IncomingMessage): string {
  const own = headers['x-request-id'];
  return typeof own === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(own) ? own : uuidV7();
}

function nameAndBoundRequests(app: FastifyInstance, log: Log, security: OutgoingHttpHeaders): void {
  // With callbacks, not promises: what every request passes is kept off the microtask queue.
  app.addHook('onRequest', (request, reply, next) => {
    void reply.headers(security).header('x-request-id', request.id);
    if (request.url.length > MAX_URL_LENGTH)
      next(new Problem('uri_too_long', `A URL may have ${MAX_URL_LENGTH} characters.`));
    else next();
  });
  app.addHook('onSend', (_request, reply, payload, next) => {
    const ms = reply.elapsedTime.toFixed(1);
    void reply.header('x-response-time', `${ms}ms`).header('server-timing', `total;dur=${ms}`);
    next(null, payload);
  });
  if (!log.isLevelEnabled('debug')) return;
  app.addHook('onResponse', (request, reply, next) => {
    log.debug(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'answered',
    );
    next();
  });
}

async function compressAnswers(app: FastifyInstance): Promise<void> {
  await app.register(compress, {
    threshold: 1024,
    encodings: ['zstd', 'br', 'gzip'], // quickest first: of what a caller takes, ours decides between equals
    globalDecompression: false,
  });
}
