import type { FastifyInstance } from 'fastify';

/** A JSON Schema, as far as the tests read one. */
export interface Schema {
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  minProperties?: number;
  minItems?: number;
  items?: Schema;
  oneOf?: Schema[];
  required?: string[];
  properties?: Record<string, Schema>;
  $ref?: string;
}

export interface Parameter {
  in: string;
  name: string;
  required: boolean;
  schema: Schema;
}

export interface Operation {
  method: string;
  path: string;
  /** Empty where none is taken. */
  query: Parameter[];
  body: Schema | undefined;
  needsKey: boolean;
}

export interface ApiDocument {
  /** Every operation of a tenant, so that a new route is tested without being told about. */
  operations: Operation[];
  /** Something that a schema accepts, with what is required or with everything; `name` is that of its field. */
  sample(schema: Schema, name?: string, extent?: 'required' | 'whole'): unknown;
}

interface Described {
  parameters?: Parameter[];
  security?: object[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Schema> };
}

/** Reads what the application says of itself. `anId` is the sample of every id. */
export async function apiDocument(app: FastifyInstance, anId: string): Promise<ApiDocument> {
  const answer = await app.inject('/api/openapi.json');
  const { paths, components } = answer.json<Document>();
  const operations = Object.entries(paths)
    .filter(([path]) => path.startsWith('/api/v1/{tenant}'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, of]) => ({
        method: method.toUpperCase(),
        path,
        query: (of.parameters ?? []).filter((parameter) => parameter.in === 'query'),
        body: of.requestBody?.content['application/json']?.schema,
        needsKey: of.security?.every((one) => Object.keys(one).length > 0) ?? false,
      })),
    );
  return { operations, sample: sampler(components.schemas, anId) };
}

function sampler(named: Record<string, Schema>, anId: string): ApiDocument['sample'] {
  const sample = (schema: Schema, name = '', extent: 'required' | 'whole' = 'required'): unknown => {
    const inner =
      schema.oneOf?.[0] ??
      (schema.$ref === undefined ? undefined : named[schema.$ref.split('/').pop() ?? '']);
    if (inner !== undefined) return sample(inner, name, extent);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return schema.enum[0];
    if (schema.format === 'date-time') return `2030-01-01T1${name === 'to' || name === 'end' ? 1 : 0}:00:00Z`;
    if (schema.format === 'date') return '2030-01-01';
    if (schema.format === 'uuid') return anId;
    if (name === 'email') return 'ada@example.org';
    switch ([schema.type].flat()[0]) {
      case 'object':
        return sampleObject(schema, extent);
      case 'array':
        return Array.from({ length: extent === 'whole' ? 1 : (schema.minItems ?? 0) }, () =>
          sample(schema.items ?? {}, '', extent),
        );
      case 'integer':
        return 1;
      case 'boolean':
        return false;
      default:
        return 'x';
    }
  };
  const sampleObject = (schema: Schema, extent: 'required' | 'whole'): unknown => {
    const { properties = {}, required = [], minProperties = 0 } = schema;
    const names = Object.keys(properties);
    const wanted = extent === 'whole' ? names : new Set([...required, ...names.slice(0, minProperties)]);
    return Object.fromEntries(
      [...wanted].map((name) => [name, sample(properties[name] ?? {}, name, extent)]),
    );
  };
  return sample;
}
