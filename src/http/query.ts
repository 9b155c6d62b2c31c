import type { FastifyInstance } from 'fastify';
import { malformed, ruleViolated } from '../platform/errors.ts';
import { badText } from './text.ts';

interface QuerySchema {
  properties?: Readonly<Record<string, { type?: unknown }>>;
}

/**
 * Makes what a URL says into what the schema means before it is validated: each parameter once, whole numbers and
 * booleans in their one plain spelling. Ajv's own coercion would also take `0x10`, `1e2` and ` 5`.
 */
export function readQueries(app: FastifyInstance): void {
  app.addHook('preValidation', (request, _reply, next) => {
    if (!request.url.includes('?')) return next();
    requireUtf8(request.url);
    const schema = request.routeOptions.schema?.querystring as QuerySchema | undefined;
    const given = Object.entries(request.query as Record<string, string | string[]>);
    const read = given.map(([name, value]) => [name, readParameter(schema, name, value)]);
    request.query = Object.fromEntries(read);
    next();
  });
}

function readParameter(schema: QuerySchema | undefined, name: string, value: string | string[]): unknown {
  const pointer = `?${name.slice(0, 100)}`;
  if (schema === undefined) throw ruleViolated(pointer, 'unknown_field', 'This URL takes no parameters.');
  if (typeof value !== 'string') throw malformed(pointer, 'duplicate_parameter');
  if (badText(value) || badText(name)) throw ruleViolated(pointer, 'invalid_text');
  const type = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name]?.type : undefined;
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value.normalize('NFC');
}

/** The query parser leaves a broken percent sequence as it stands, which would then pass for text. */
function requireUtf8(url: string): void {
  const start = url.indexOf('?');
  if (start === -1) return;
  try {
    decodeURIComponent(url.slice(start + 1));
  } catch {
    throw malformed('?', 'invalid_encoding');
  }
}
