import { Type } from 'typebox';
import type { Kind } from '../src/kinds/kind.ts';
import { DatabaseFault, type FaultKind } from '../src/platform/fault.ts';
import {
  DateText,
  Id,
  IdPath,
  InstantText,
  Name,
  Note,
  nullable,
  oneOfBy,
  strict,
  Timezone,
  Whole,
} from '../src/platform/schema.ts';

const Small = strict({ size: Type.Literal('small'), ml: Whole(1, 100) });
const Large = strict({ size: Type.Literal('large'), litres: Whole(1, 10) });
const Asked = strict({
  name: Name(20),
  count: Type.Optional(Whole(1, 10)),
  at: Type.Optional(InstantText),
  day: Type.Optional(DateText),
  ref: Type.Optional(Id),
  zone: Type.Optional(Timezone),
  note: Type.Optional(nullable(Note(50))),
  tags: Type.Optional(Type.Array(Name(10), { maxItems: 3, uniqueItems: true })),
  mode: Type.Optional(Type.Union([Type.Literal('one')])),
  cup: Type.Optional(oneOfBy('size', [Small, Large])),
});
const Query = strict({
  limit: Whole(1, 100, { default: 20 }),
  flag: Type.Optional(Type.Boolean()),
  from: Type.Optional(InstantText),
  q: Type.Optional(Name(20)),
});
const Anything = { 200: Type.Unknown() };
const about = (operationId: string) => ({ operationId, summary: operationId, tags: ['Probe'] });

/** A kind that sells nothing: its routes show what the HTTP surface does to requests and answers on their way. */
export const probe: Kind = {
  name: 'probe',
  lines: {},
  resolve: () => Promise.reject(new Error('the probe sells nothing')),
  alternatives: async () => [],
  routes(app) {
    const config = { permission: 'catalogue.read' } as const;
    app.post(
      '/probe',
      { config, schema: { ...about('echo'), body: Asked, response: Anything } },
      async (request) => ({
        body: request.body,
        key: request.idempotencyKey ?? null,
        actor: { principal: request.actor.principal, role: request.actor.role },
      }),
    );
    app.get(
      '/probe',
      { config, schema: { ...about('echoQuery'), querystring: Query, response: Anything } },
      async (request) => request.query,
    );
    app.post(
      '/probe/bare',
      {
        config,
        schema: { ...about('bare'), body: strict({ note: Type.Optional(Note()) }), response: Anything },
      },
      async (request) => request.body,
    );
    app.get(
      '/probe/:id',
      { config, schema: { ...about('byId'), params: IdPath, response: Anything } },
      async (request) => request.params,
    );
    app.get(
      '/probe/leaky',
      { config, schema: { ...about('leaky'), response: { 200: strict({ shown: Type.String() }) } } },
      async () => ({ shown: 'yes', secret: 'no' }),
    );
    app.get('/probe/long', { config, schema: { ...about('long'), response: Anything } }, async () => ({
      text: 'holdfast '.repeat(1_000),
    }));
    app.get('/probe/defect', { config, schema: { ...about('defect'), response: Anything } }, async () => {
      throw new Error('select secret from pg_shadow');
    });
    app.get(
      '/probe/database',
      {
        config,
        schema: { ...about('database'), querystring: strict({ kind: Type.String() }), response: Anything },
      },
      async (request) => {
        throw new DatabaseFault(request.query.kind as FaultKind, '', 'secret_pkey', 'select secret');
      },
    );
    app.get(
      '/probe/endless',
      { config, handlerTimeout: 50, schema: { ...about('endless'), response: Anything } },
      () => new Promise(() => undefined),
    );
    for (const permission of ['catalogue.write', 'booking.create'] as const)
      app.get(
        `/probe/${permission}`,
        { config: { permission }, schema: { ...about(permission), response: Anything } },
        async (request) => request.actor.role,
      );
  },
};
