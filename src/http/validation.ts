import type { FastifySchemaValidationError, FastifyServerOptions } from 'fastify';
import { notFound, Problem, reasons, type Fault, type Reason } from '../platform/errors.ts';
import { formats } from '../platform/schema.ts';
import { pointerTo } from './text.ts';

const MAX_FAULTS = 20;

/**
 * How schemas are checked: nothing is removed, nothing converted, and all faults are found in one go (the limit on
 * bodies bounds that work). Strict mode refuses a schema with an unknown keyword or format when the server starts.
 */
export const ajv: NonNullable<FastifyServerOptions['ajv']> = {
  customOptions: {
    allErrors: true,
    allowUnionTypes: true,
    coerceTypes: false,
    discriminator: true,
    removeAdditional: false,
    strict: true,
    strictRequired: false, // a union names its tag once, its choices declare it
  },
  plugins: [formatsPlugin],
};

// By this name the framework knows that it need not add its own formats, which are laxer than ours.
function formatsPlugin<A extends Formattable>(to: A): A {
  for (const [name, check] of Object.entries(formats)) to.addFormat(name, check);
  return to;
}

interface Formattable {
  addFormat(name: string, check: (text: string) => boolean): unknown;
}

/** The faults a schema found, as the problem that a caller is told; `within` is where the checked part stands. */
export function asProblem(
  part: string | undefined,
  found: readonly FastifySchemaValidationError[],
  within = '',
): Problem {
  // A path with an impossible id names nothing, like one with an unknown id: callers need not tell them apart.
  if (part === 'params') return notFound('entry');
  const read = part === 'querystring' ? parameterFault : bodyFault;
  const byPlace = new Map<string, Fault>();
  for (const error of found) {
    const fault = read(error);
    if (fault !== undefined && !byPlace.has(fault.pointer))
      byPlace.set(fault.pointer, { ...fault, pointer: within + fault.pointer });
    if (byPlace.size === MAX_FAULTS) break;
  }
  const errors = [...byPlace.values()];
  const [first] = errors;
  const more = errors.length > 1 ? ` (${errors.length - 1} more in errors)` : '';
  return new Problem('rule_violated', `${first?.pointer || 'The body'}: ${first?.detail}${more}`, { errors });
}

function bodyFault(error: FastifySchemaValidationError): Fault | undefined {
  const reason = reasonOf(error);
  if (reason === undefined) return undefined;
  return { pointer: error.instancePath + namedIn(error), reason, detail: sentence(reason, error) };
}

/** Parameters are flat, and a value out of range or of the wrong type is simply not allowed. */
function parameterFault(error: FastifySchemaValidationError): Fault | undefined {
  const fault = bodyFault(error);
  if (fault === undefined) return undefined;
  const pointer = `?${fault.pointer.slice(1).replaceAll('~1', '/').replaceAll('~0', '~')}`;
  const reason = KEPT_IN_QUERIES.has(fault.reason) ? fault.reason : 'invalid_parameter';
  return { pointer, reason, detail: sentence(reason, error) };
}

const KEPT_IN_QUERIES: ReadonlySet<Reason> = new Set<Reason>([
  'missing_field',
  'unknown_field',
  'invalid_time',
  'invalid_reference',
  'unknown_timezone',
]);

/** Some faults are found in an object but mean one of its fields. */
function namedIn({ keyword, params }: FastifySchemaValidationError): string {
  if (keyword === 'required') return pointerTo([String(params['missingProperty'])]);
  if (keyword === 'additionalProperties') return pointerTo([String(params['additionalProperty'])]);
  if (keyword === 'discriminator') return pointerTo([String(params['tag'])]);
  return '';
}

const BY_KEYWORD: Readonly<Record<string, Reason>> = {
  required: 'missing_field',
  minProperties: 'missing_field',
  additionalProperties: 'unknown_field',
  enum: 'invalid_value',
  const: 'invalid_value',
  minimum: 'out_of_range',
  maximum: 'out_of_range',
  minLength: 'invalid_text',
  maxLength: 'invalid_text',
  pattern: 'invalid_text',
  minItems: 'too_few_items',
  maxItems: 'too_many_items',
  uniqueItems: 'duplicate_item',
};

const BY_FORMAT: Readonly<Record<string, Reason>> = {
  uuid: 'invalid_reference',
  'date-time': 'invalid_time',
  date: 'invalid_time',
  'time-of-day': 'invalid_time_of_day',
  timezone: 'unknown_timezone',
};

/** Undefined for what another error of the same place says better. */
function reasonOf({ keyword, params }: FastifySchemaValidationError): Reason | undefined {
  if (keyword === 'type')
    return /integer|number/.test(String(params['type'])) ? 'invalid_number' : 'invalid_type';
  if (keyword === 'format') return BY_FORMAT[String(params['format'])];
  if (keyword === 'discriminator') {
    if (params['error'] === 'mapping') return 'invalid_value';
    return params['tagValue'] === undefined ? undefined : 'invalid_type';
  }
  return BY_KEYWORD[keyword];
}

/** The reason's sentence, and what would be right where the schema can say it. */
function sentence(reason: Reason, { keyword, params }: FastifySchemaValidationError): string {
  const right = rightValue(keyword, params);
  return right === undefined ? reasons[reason] : `${reasons[reason]} ${right}`;
}

function rightValue(keyword: string, params: Record<string, unknown>): string | undefined {
  switch (keyword) {
    case 'minimum':
    case 'minItems':
    case 'minLength':
      return `At least ${String(params['limit'])}.`;
    case 'maximum':
    case 'maxItems':
    case 'maxLength':
      return `At most ${String(params['limit'])}.`;
    case 'type':
      return `Expected: ${String(params['type'])}.`;
    case 'enum':
      return `Allowed: ${(params['allowedValues'] as unknown[]).join(', ')}.`;
    case 'const':
      return `Allowed: ${String(params['allowedValue'])}.`;
    default:
      return undefined;
  }
}
