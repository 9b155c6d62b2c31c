import { once } from '../../engine/idempotency.ts';
import { repeatable, sendAnswer } from '../../people/repeat.ts';
import type { App } from '../../people/route.ts';
import { IdPath, Name, strict } from '../../platform/schema.ts';
import { checkIn } from './check-in.ts';
import { readCheckIns } from './check-ins.ts';
import { readEntryRules, setEntryRules } from './entrance.ts';
import { mergeScans } from './merge-scans.ts';
import type { TicketDeps } from './ticket-answer.ts';
import * as schema from './ticket-schema.ts';
import { undoCheckIn } from './undo-check-in.ts';

const tags = ['Tickets'];
const door = { permission: 'booking.all' } as const;

export function checkInRoutes(app: App, deps: TicketDeps): void {
  scanRoute(app, deps);
  mergeRoute(app, deps);
  countRoute(app, deps);
  undoRoute(app, deps);
  entryRoutes(app, deps);
}

function scanRoute(app: App, { db }: TicketDeps): void {
  app.post(
    '/events/:id/check-in',
    {
      schema: {
        tags,
        summary: 'Let a ticket in that is scanned at a door, once',
        operationId: 'checkInTicket',
        params: IdPath,
        body: schema.NewScan,
        response: { 200: schema.Ticket },
      },
      config: door,
    },
    async (request, reply) => {
      const { actor, params, body } = request;
      const letIn = await once(db, actor.tenant.id, repeatable(request), async (tx) => ({
        status: 200,
        body: JSON.stringify(await checkIn(tx, actor.principal, params.id, body)),
      }));
      return sendAnswer(reply, letIn);
    },
  );
}

function mergeRoute(app: App, { db }: TicketDeps): void {
  app.post(
    '/events/:id/check-ins',
    {
      schema: {
        tags,
        summary: 'Put in the scans of a device that was offline: of each ticket the earliest counts',
        operationId: 'mergeCheckIns',
        params: IdPath,
        body: schema.ScanBatch,
        response: { 200: schema.Merged },
      },
      config: door,
    },
    async (request, reply) => {
      const { actor, params, body } = request;
      const merged = await once(db, actor.tenant.id, repeatable(request), async (tx) => ({
        status: 200,
        body: JSON.stringify(await mergeScans(tx, actor.principal, params.id, body)),
      }));
      return sendAnswer(reply, merged);
    },
  );
}

function countRoute(app: App, { db }: TicketDeps): void {
  app.get(
    '/events/:id/check-ins',
    {
      schema: {
        tags,
        summary: 'Count who came in, in all and by entrance',
        operationId: 'countCheckIns',
        params: IdPath,
        response: { 200: schema.CheckIns },
      },
      config: door,
    },
    ({ actor, params }) => readCheckIns(db, actor.tenant.id, params.id),
  );
}

function undoRoute(app: App, { db }: TicketDeps): void {
  app.post(
    '/tickets/:id/undo-check-in',
    {
      schema: {
        tags,
        summary: 'Say that whoever was let in with a ticket is not in',
        operationId: 'undoCheckIn',
        params: schema.TicketPath,
        body: strict({ reason: Name(500) }),
        response: { 200: schema.Ticket },
      },
      config: door,
    },
    async (request, reply) => {
      const { actor, params, body } = request;
      const undone = await once(db, actor.tenant.id, repeatable(request), async (tx) => ({
        status: 200,
        body: JSON.stringify(await undoCheckIn(tx, actor.principal, params.id, body.reason)),
      }));
      return sendAnswer(reply, undone);
    },
  );
}

function entryRoutes(app: App, { db }: TicketDeps): void {
  app.get(
    '/events/:id/entry-rules',
    {
      schema: {
        tags,
        summary: 'Read who is let in where, and whether tickets may be given away',
        operationId: 'getEntryRules',
        params: IdPath,
        response: { 200: schema.EntryRules },
      },
      config: door,
    },
    ({ actor, params }) => readEntryRules(db, actor.tenant.id, params.id),
  );

  app.put(
    '/events/:id/entry-rules',
    {
      schema: {
        tags,
        summary: 'Say who is let in where, and whether tickets may be given away',
        operationId: 'setEntryRules',
        params: IdPath,
        body: schema.EntryRules,
        response: { 200: schema.EntryRules },
      },
      config: { permission: 'catalogue.write' },
    },
    ({ actor, params, body }) =>
      db.inTenant(actor.tenant.id, (tx) => setEntryRules(tx, actor.principal, params.id, body)),
  );
}
