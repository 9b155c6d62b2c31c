import { STATUS_CODES } from 'node:http';
import { ProblemBody } from '../platform/schema.ts';

/** The few parts of an OpenAPI document that are touched here. */
interface Document {
  paths?: Record<string, Record<string, Operation> | undefined>;
  components?: Record<string, unknown>;
}

interface Operation {
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: { required?: unknown } }> };
  responses?: Record<string, object>;
  security?: unknown;
}

interface Parameter {
  in: string;
  name: string;
  required: boolean;
  description?: string;
  schema?: Readonly<Record<string, unknown>>;
}

const PROBLEM = { $ref: '#/components/responses/Problem' };

const IDEMPOTENCY_KEY: Parameter = {
  in: 'header',
  name: 'Idempotency-Key',
  required: false,
  description: 'Sent again with the same body, the first answer comes again and nothing happens twice.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};
const IF_MATCH: Parameter = {
  in: 'header',
  name: 'If-Match',
  required: true,
  description: 'The ETag that was read: the change is refused when somebody else was faster.',
  schema: { type: 'string' },
};
const HEADERS: Readonly<Record<string, Parameter>> = {
  post: IDEMPOTENCY_KEY,
  patch: IF_MATCH,
  delete: IF_MATCH,
};

/** Adds what holds for every operation, and gives each titled schema a name that the others refer to. */
export function finishDocument<D extends object>(made: D): D {
  const document: Document = made;
  for (const path of Object.values(document.paths ?? {}))
    for (const [method, operation] of Object.entries(path ?? {})) finishOperation(method, operation);
  const names: Names = new Map();
  document.paths = named(document.paths, names) as NonNullable<Document['paths']>;
  const content = { 'application/problem+json': { schema: named(ProblemBody, names) } };
  document.components = {
    ...document.components,
    schemas: Object.fromEntries([...names].map(([title, { schema }]) => [title, schema])),
    responses: { Problem: { description: 'Why it was refused', content } },
  };
  return made;
}

function finishOperation(method: string, operation: Operation): void {
  const answers = Object.entries(operation.responses ?? {}).map(([status, answer]) => [
    status,
    { ...answer, description: STATUS_CODES[status] ?? 'Answer' },
  ]);
  operation.responses = { ...Object.fromEntries(answers), '4XX': PROBLEM, '5XX': PROBLEM };
  const body = operation.requestBody;
  if (body !== undefined) {
    const [media] = Object.values(body.content);
    body.required = media?.schema?.required !== undefined; // the same rule as where bodies are read
  }
  for (const parameter of operation.parameters ?? [])
    if (parameter.schema?.['default'] !== undefined) parameter.required = false;
  const header = operation.security === undefined ? undefined : HEADERS[method]; // of a tenant's routes only
  if (header !== undefined) operation.parameters = [...(operation.parameters ?? []), header];
}

type Names = Map<string, { text: string; schema: unknown }>;

/**
 * Replaces schemas that have a title by references, so that a generated client has one type for each. Of several
 * with the same title the first keeps it as its name.
 */
function named(value: unknown, names: Names): unknown {
  if (Array.isArray(value)) return value.map((item) => named(item, names));
  if (typeof value !== 'object' || value === null) return value;
  const copy: unknown = Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, named(child, names)]),
  );
  const schema = value as Schema;
  if (schema.discriminator !== undefined) return { ...(copy as object), discriminator: mapped(schema) };
  if (schema.title === undefined || schema.type !== 'object') return copy;
  const text = JSON.stringify(copy);
  if (!names.has(schema.title)) names.set(schema.title, { text, schema: copy });
  return names.get(schema.title)?.text === text ? refTo(schema.title) : copy;
}

interface Schema {
  type?: unknown;
  title?: string;
  discriminator?: { propertyName: string };
  oneOf?: { title?: string; properties: Record<string, { const?: string }> }[];
}

/** Without a mapping readers take the schema's name for the tag's value: `RoomLine` where `room` is meant. */
function mapped({ discriminator, oneOf = [] }: Schema): object {
  const tag = discriminator?.propertyName ?? '';
  const mapping = oneOf.map(({ title = '', properties }) => [properties[tag]?.const, refTo(title).$ref]);
  return { propertyName: tag, mapping: Object.fromEntries(mapping) as object };
}

function refTo(title: string): { $ref: string } {
  return { $ref: `#/components/schemas/${title}` };
}
