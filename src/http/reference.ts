import { readFile } from 'node:fs/promises';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import { can } from '../people/access.ts';
import { finishDocument } from './openapi.ts';
import { ERRORS_URL } from './problem.ts';

const ERRORS_FILE = new URL('../../docs/errors.md', import.meta.url);
const PACKAGE_FILE = new URL('../../package.json', import.meta.url);

const ABOUT = `Holdfast sells scarce capacity and never sells anything twice. Hold what you want, then confirm the hold
before it expires. Every error is an \`application/problem+json\` whose \`code\` is stable: [all of them](${ERRORS_URL}).`;

/** The reference page loads its own files and nothing from anywhere else; its style attributes are inline. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * `/api/openapi.json` made from the routes' schemas, the page `/api/docs` to read and try it, and the list of errors.
 * Register it before the routes that it shall describe.
 */
export async function describeApi(app: FastifyInstance, publicUrl: string | undefined): Promise<void> {
  const { version } = JSON.parse(await readFile(PACKAGE_FILE, 'utf8')) as { version: string };
  await app.register(swagger, {
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Holdfast', version, description: ABOUT },
      servers: [{ url: publicUrl ?? '/' }],
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of the tenant: `hf_...`' },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ schema: withSecurity(schema, route), url }),
    transformObject: (made) => ('openapiObject' in made ? finishDocument(made.openapiObject) : {}),
  });
  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    staticCSP: PAGE_POLICY,
    theme: {
      title: 'Holdfast API',
      css: [{ filename: 'holdfast.css', content: '.swagger-ui .topbar { display: none !important }' }],
    },
    uiConfig: { validatorUrl: null }, // it would send the address of this server to a site on the internet
  });
  const errors = await readFile(ERRORS_FILE, 'utf8');
  serve(app, ERRORS_URL, 'text/plain; charset=utf-8', () => errors);
  let document: string | undefined;
  serve(
    app,
    '/api/openapi.json',
    'application/json; charset=utf-8',
    () => (document ??= JSON.stringify(app.swagger())),
  );
  app.get('/', { schema: { hide: true } }, (_, reply) => reply.redirect('/api/docs'));
}

function serve(app: FastifyInstance, url: string, type: string, text: () => string): void {
  app.get(url, { schema: { hide: true } }, (_, reply) =>
    reply.header('content-type', type).header('cache-control', 'no-cache').send(text()),
  );
}

/** Says of a route of a tenant whether a key is needed, may be sent, or means nothing. */
function withSecurity(schema: FastifySchema | undefined, { config }: RouteOptions): FastifySchema {
  const permission = config?.permission;
  if (permission === undefined) return { ...schema };
  const withKey = { apiKey: [] };
  const withoutKey: Record<string, string[]> = {};
  return { ...schema, security: can('public', permission) ? [withoutKey, withKey] : [withKey] };
}
