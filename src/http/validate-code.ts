import { LRUCache } from 'lru-cache';
import { Type } from 'typebox';
import { limitId } from '../engine/limit-id.ts';
import type { App } from '../people/route.ts';
import type { Database } from '../platform/db.ts';
import { conflictReasons, Problem } from '../platform/errors.ts';
import type { Uuid } from '../platform/id.ts';
import { AmountMinor, nullable, strict } from '../platform/schema.ts';
import type { Row } from '../platform/statement.ts';
import { codeId } from '../sales/code.ts';
import { codesById, usesOf } from '../sales/code-queries.ts';
import { CodeText } from '../sales/code-schema.ts';
import { discounted, discountOn, requireValid } from '../sales/redeem.ts';
import { wouldBeBookedFor } from './clients.ts';
import { askedBy, holdBody, tryCode, type HoldDeps } from './holds.ts';
import { resolve } from './resolve.ts';

const Validated = strict(
  {
    valid: Type.Boolean(),
    reason: nullable(Type.String({ description: 'As a hold would be refused with' })),
    detail: nullable(Type.String()),
    discountMinor: AmountMinor,
    totalMinor: Type.Integer({ description: 'Of the lines, with the discount' }),
    currency: Type.String(),
  },
  { title: 'ValidatedCode' },
);

/** What a code would take off. Advice, up to a second old: a hold reads the code anew and counts its use under a lock. */
export function validateCodeRoute(app: App, deps: HoldDeps): void {
  const codes = codesOfLately(deps.db);
  const uses = usesOfLately(deps.db);
  const { lines, clientId, client, accessCode } = holdBody(deps.kinds).properties;
  app.post(
    '/discount-codes/validate',
    {
      schema: {
        tags: ['Discount codes'],
        summary: 'Say what a code would take off these lines; uses nothing',
        operationId: 'validateDiscountCode',
        body: strict({ code: CodeText, lines, clientId, client, accessCode }),
        response: { 200: Validated },
      },
      config: { permission: 'booking.create' },
    },
    async ({ actor, body }) => {
      const whom = await wouldBeBookedFor(deps.db, actor, body);
      const { context, asked, command } = askedBy(deps, actor, body, whom);
      const priced = (await resolve(deps.kinds, { ...context, fresh: false, isPreview: true }, asked)).lines;
      const totalMinor = priced.reduce((sum, line) => sum + line.totalMinor, 0);
      const { currency } = command;
      try {
        const code = await tryCode(deps, actor, context, body.code, async () =>
          requireValid(await codes(actor.tenant.id, body.code), context.now),
        );
        const off = discounted(code, priced).reduce(
          (sum, line) => sum + (discountOn(line)?.amountMinor ?? 0),
          0,
        );
        if (code.maxUses !== null && code.used >= code.maxUses) return refused('limit_reached');
        if (code.maxUsesPerClient !== null) {
          const own = limitId(code.id, context.client);
          if ((await uses(actor.tenant.id, own)) >= code.maxUsesPerClient) return refused('limit_reached');
        }
        const none = { reason: null, detail: null };
        return { valid: true, ...none, discountMinor: off, totalMinor: totalMinor - off, currency };
      } catch (error) {
        const fault = error instanceof Problem ? error.details.errors?.[0] : undefined;
        if (fault?.pointer !== '/discountCode') throw error;
        return refused(fault.reason, fault.detail);
      }
      function refused(reason: string, detail: string = conflictReasons.limit_reached) {
        return { valid: false, reason, detail, discountMinor: 0, totalMinor, currency };
      }
    },
  );
}

/** Unknown codes are remembered as well, so that guessing one again and again costs no query. */
const LATELY = { max: 10_000, ttl: 1_000 };
type Known = { code: Row<typeof codesById.columns> | undefined };

/** Codes with their uses, read once a second however many ask. */
function codesOfLately(db: Database) {
  const lately = new LRUCache<string, Known, { tenant: Uuid; id: Uuid }>({
    ...LATELY,
    fetchMethod: async (_, __, { context: { tenant, id } }) => {
      const [code] = await db.read(tenant, codesById, [id]);
      return { code };
    },
  });
  return async (tenant: Uuid, text: string) => {
    const id = codeId(tenant, text);
    return (await lately.fetch(`${tenant} ${id}`, { context: { tenant, id } }))?.code;
  };
}

/** How often one client uses a code, by the id of that limit; read once a second as well. */
function usesOfLately(db: Database) {
  const lately = new LRUCache<string, { used: number }, { tenant: Uuid; limit: Uuid }>({
    ...LATELY,
    fetchMethod: async (_, __, { context: { tenant, limit } }) => {
      const [row] = await db.read(tenant, usesOf, limit);
      return { used: row?.used ?? 0 };
    },
  });
  return async (tenant: Uuid, limit: Uuid) =>
    (await lately.fetch(`${tenant} ${limit}`, { context: { tenant, limit } }))?.used ?? 0;
}
