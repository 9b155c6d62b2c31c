import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { malformed, Problem, reasons, type Fault } from '../platform/errors.ts';
import { badText, pointerTo } from './text.ts';

/** Nothing we accept comes near it; deeper is a mistake or an attack. */
const MAX_DEPTH = 32;
const MAX_FAULTS = 20;
/** Names that reach into the prototype of whatever they are copied to. No field of ours has one. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
const JSON_TYPE = /^application\/json[\t ]*(?:;[\t ]*charset="?utf-8"?[\t ]*)?$/i;

/** Reads `application/json` in UTF-8 and nothing else; the framework answers 415 and 413. Text comes out in NFC. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    (request: FastifyRequest, bytes: Buffer, done) => {
      requirePlainJson(request);
      done(null, bytes.length === 0 ? undefined : parseBody(bytes));
    },
  );
  app.addHook('preValidation', (request, _reply, next) => {
    if (request.body === undefined) request.body = bodyOfNothing(request.routeOptions.schema?.body);
    next();
  });
}

/** The parser is found by the media type alone, so the parameters are looked at here. */
function requirePlainJson({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (!JSON_TYPE.test(headers['content-type'] ?? '') || encoding !== 'identity')
    throw new Problem(
      'unsupported_media_type',
      'Send the body as JSON in UTF-8, not compressed, with Content-Type: application/json.',
    );
}

/** No body is an empty object where nothing is required, so that `confirm` can be posted bare. */
function bodyOfNothing(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return undefined;
  const required = 'required' in schema && Array.isArray(schema.required) && schema.required.length > 0;
  if (required) throw malformed('', 'empty_body');
  return {};
}

function parseBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformed('', 'invalid_encoding');
  const faults: Fault[] = [];
  const body = inspect(parseJson(bytes.toString()), [], faults);
  if (faults.length > 0)
    throw new Problem('rule_violated', 'Some texts have characters that are not allowed.', {
      errors: faults,
    });
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('', 'invalid_json');
  }
}

/** Looks once at every key and text: depth, forbidden keys, characters PostgreSQL cannot store, one spelling per text. */
function inspect(value: unknown, path: string[], faults: Fault[]): unknown {
  if (typeof value === 'string') {
    noteBadText(value, path, faults);
    return value.normalize('NFC');
  }
  if (typeof value !== 'object' || value === null) return value;
  if (path.length >= MAX_DEPTH) throw malformed(pointerTo(path), 'too_deep');
  const node = value as Record<string, unknown>; // an array is read by its indices like an object
  for (const key of Object.keys(node)) {
    path.push(key);
    if (FORBIDDEN_KEYS.has(key)) throw malformed(pointerTo(path), 'forbidden_key');
    noteBadText(key, path, faults);
    node[key] = inspect(node[key], path, faults);
    path.pop();
  }
  return node;
}

function noteBadText(text: string, path: readonly string[], faults: Fault[]): void {
  if (badText(text) && faults.length < MAX_FAULTS)
    faults.push({ pointer: pointerTo(path), reason: 'invalid_text', detail: reasons.invalid_text });
}
