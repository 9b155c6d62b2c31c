import { ProblemBody } from '../platform/schema.ts';

/** The few parts of an OpenAPI document that are touched here. */
interface Document {
  paths?: Record<string, Record<string, Operation> | undefined>;
  components?: { schemas?: Record<string, unknown>; responses?: Record<string, unknown> };
}

interface Operation {
  parameters?: object[];
  requestBody?: { required?: boolean; content: Record<string, { schema?: { required?: unknown } }> };
  responses?: Record<string, unknown>;
  security?: unknown;
}

const PROBLEM = { $ref: '#/components/responses/Problem' };

const IDEMPOTENCY_KEY = {
  in: 'header',
  name: 'Idempotency-Key',
  required: false,
  description: 'Sent again with the same body, the first answer comes again and nothing happens twice.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};
const IF_MATCH = {
  in: 'header',
  name: 'If-Match',
  required: true,
  description: 'The ETag that was read: the change is refused when somebody else was faster.',
  schema: { type: 'string' },
};

/** Adds what holds for every operation, and gives each titled schema a name that others refer to. */
export function finishDocument<D extends object>(made: D): D {
  const document: Document = made;
  for (const path of Object.values(document.paths ?? {}))
    for (const [method, operation] of Object.entries(path ?? {})) finishOperation(method, operation);
  const names = new Map<string, { text: string; schema: unknown }>();
  document.paths = name(document.paths, names) as NonNullable<Document['paths']>;
  document.components = {
    ...document.components,
    schemas: Object.fromEntries([...names].map(([title, { schema }]) => [title, schema])),
    responses: {
      Problem: {
        description: 'Why it was refused',
        content: { 'application/problem+json': { schema: name(ProblemBody, names) } },
      },
    },
  };
  return made;
}

function finishOperation(method: string, operation: Operation): void {
  operation.responses = { ...operation.responses, '4XX': PROBLEM, '5XX': PROBLEM };
  const body = operation.requestBody;
  const schema = Object.values(body?.content ?? {})[0]?.schema;
  if (body !== undefined) body.required = schema?.required !== undefined;
  if (operation.security === undefined) return; // what follows holds for a tenant's routes
  const headers =
    method === 'post' ? [IDEMPOTENCY_KEY] : method === 'patch' || method === 'delete' ? [IF_MATCH] : [];
  operation.parameters = [...(operation.parameters ?? []), ...headers];
}

/**
 * Replaces schemas that have a title by references, so that a generated client has one type for each. Of several
 * with the same title (a list's entries may be cut to some fields) the first keeps the name.
 */
function name(value: unknown, names: Map<string, { text: string; schema: unknown }>): unknown {
  if (Array.isArray(value)) return value.map((item) => name(item, names));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, child]) => [key, name(child, names)]);
  const schema: unknown = Object.fromEntries(entries);
  const { title, type } = value as { title?: unknown; type?: unknown };
  if (typeof title !== 'string' || type !== 'object') return schema;
  const text = JSON.stringify(schema);
  if (!names.has(title)) names.set(title, { text, schema });
  return names.get(title)?.text === text ? { $ref: `#/components/schemas/${title}` } : schema;
}
