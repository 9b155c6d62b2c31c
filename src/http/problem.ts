import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { catalogue, malformed, Problem, unavailable } from '../platform/errors.ts';
import { DatabaseFault } from '../platform/fault.ts';
import { uuidV7 } from '../platform/id.ts';
import type { Log } from '../platform/log.ts';
import { asProblem } from './validation.ts';

/** Where `docs/errors.md` is served: the `type` of a problem leads to its description. */
export const ERRORS_URL = '/api/errors';
const CONTENT_TYPE = 'application/problem+json; charset=utf-8';

/** Answers everything that goes wrong as a problem; what is no one's fault but ours is logged and told to nobody. */
export function answerProblems(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: FastifyError, request, reply) => sendError(log, error, request, reply));
}

/** The framework's own hand-over for requests it gives up on before there is a route. */
export function sendError(log: Log, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = translate(error);
  const about = {
    err: error,
    requestId: request.id,
    method: request.method,
    route: request.routeOptions?.url,
  };
  if (problem.code === 'internal') log.error(about, 'a request failed unexpectedly');
  else if (problem.code === 'unavailable') log.warn(about, 'a request was turned away');
  sendProblem(reply, request.id, problem);
}

function sendProblem(reply: FastifyReply, requestId: string, problem: Problem): void {
  const { retryAfterSeconds } = problem.details;
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
  void reply
    .code(catalogue[problem.code].status)
    .header('content-type', CONTENT_TYPE)
    .header('cache-control', 'no-store')
    .header('x-request-id', requestId)
    .send(problemText(problem, requestId));
}

/** Answers on the bare socket what Node itself could not read as HTTP. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const problem = unreadable(error.code);
  const { status } = catalogue[problem.code];
  const requestId = uuidV7();
  const body = problemText(problem, requestId);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy();
}

/** Lists field by field what leaves the house, so that nothing else does. */
function problemText(problem: Problem, requestId: string): string {
  const { status, title } = catalogue[problem.code];
  const { errors, conflicts, alternatives, dates, used } = problem.details;
  return JSON.stringify({
    type: `${ERRORS_URL}#${problem.code}`,
    title,
    status,
    detail: problem.message,
    code: problem.code,
    errors,
    conflicts,
    alternatives,
    dates,
    used,
    requestId,
  });
}

function unreadable(code: string | undefined): Problem {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem('request_timeout', 'The request did not arrive in time. Send it again.');
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Problem(
      'headers_too_large',
      'The headers may have 16 KiB in all. Send fewer or shorter ones.',
    );
  return malformed('', 'invalid_request');
}

function translate(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof DatabaseFault) return ofDatabase(error);
  const { code, statusCode, validation, validationContext } = error as Partial<FastifyError>;
  if (validation !== undefined) return asProblem(validationContext, validation);
  return ofFramework(code, statusCode) ?? new Problem('internal', 'Something went wrong on our side.');
}

function ofDatabase({ kind }: DatabaseFault): Problem {
  switch (kind) {
    case 'busy':
      return unavailable('The database is busy. Try again in a moment.');
    case 'lost':
      return unavailable('The database cannot be reached. Try again in a moment.', 2);
    case 'full':
      return unavailable('The database has no room to write. Try again later.', 30);
    default:
      return new Problem('internal', 'Something went wrong on our side.');
  }
}

function ofFramework(code: string | undefined, status: number | undefined): Problem | undefined {
  switch (code) {
    case 'FST_ERR_BAD_URL':
      return malformed('url', 'invalid_encoding');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new Problem('not_found', 'There is nothing at this URL.');
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('too_large', 'A body may have 256 KiB. Split the request.');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem(
        'unsupported_media_type',
        'Send the body as JSON, with Content-Type: application/json.',
      );
    case 'FST_ERR_HANDLER_TIMEOUT':
      return unavailable(
        'This took too long. Whether it took effect is not known: look before you repeat it.',
      );
    default:
      return status !== undefined && status >= 400 && status < 500
        ? malformed('', 'invalid_request')
        : undefined;
  }
}
