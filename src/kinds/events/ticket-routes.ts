import { Type } from 'typebox';
import { once } from '../../engine/idempotency.ts';
import { repeatable, sendAnswer } from '../../people/repeat.ts';
import type { App } from '../../people/route.ts';
import { Problem } from '../../platform/errors.ts';
import { listAnswer } from '../../platform/list.ts';
import { IdPath, strict } from '../../platform/schema.ts';
import { listTickets, readTicket, toAnswer, tokenOf, type TicketDeps } from './ticket-answer.ts';
import { publicKeys, rotateKeys, signingKey, withdrawKey } from './ticket-key.ts';
import { drawTickets } from './ticket-pdf.ts';
import { keys } from './ticket-queries.ts';
import * as schema from './ticket-schema.ts';
import { transferTicket } from './transfer.ts';

const tags = ['Tickets'];

export function ticketRoutes(app: App, deps: TicketDeps): void {
  readRoutes(app, deps);
  paperRoute(app, deps);
  transferRoute(app, deps);
  publicKeysRoute(app, deps);
  keyRoutes(app, deps);
}

function readRoutes(app: App, deps: TicketDeps): void {
  app.get(
    '/bookings/:id/tickets',
    {
      schema: {
        tags,
        summary: 'List the tickets of a booking, one for each place; none before it is confirmed',
        operationId: 'listTickets',
        params: IdPath,
        querystring: schema.TicketQuery,
        response: { 200: listAnswer(schema.Ticket) },
      },
      config: { permission: 'booking.read' },
    },
    ({ actor, params, query }) => listTickets(deps, actor, params.id, query),
  );

  app.get(
    '/tickets/:id',
    {
      schema: {
        tags,
        summary: 'Read a ticket',
        operationId: 'getTicket',
        params: schema.TicketPath,
        response: { 200: schema.Ticket },
      },
      config: { permission: 'booking.read' },
    },
    ({ actor, params }) => readTicket(deps, actor, params.id),
  );
}

function paperRoute(app: App, deps: TicketDeps): void {
  app.get(
    '/bookings/:id/tickets.pdf',
    {
      schema: {
        tags,
        summary:
          'Get the tickets of a booking as a PDF with their QR codes, without those that were given away',
        operationId: 'printTickets',
        params: IdPath,
        querystring: schema.PaperQuery,
        response: { 200: { content: { 'application/pdf': { schema: Type.String() } } } },
      },
      config: { permission: 'booking.read' },
    },
    async ({ actor, params, query }, reply) => {
      const { data } = await listTickets(deps, actor, params.id, query);
      const tickets = data.filter(({ token }) => token !== null);
      if (tickets.length === 0)
        throw new Problem(
          'wrong_state',
          'There are no tickets to print: the booking is not confirmed, or has no more.',
        );
      const pdf = await drawTickets(tickets);
      void reply.header('content-disposition', `inline; filename="tickets-${tickets[0]?.reference}.pdf"`);
      return reply
        .type('application/pdf')
        .header('cache-control', 'private, no-store')
        .send(pdf as never);
    },
  );
}

function transferRoute(app: App, { db, vault }: TicketDeps): void {
  app.post(
    '/tickets/:id/transfer',
    {
      schema: {
        tags,
        summary: 'Give a ticket to somebody else; the token it had before is void',
        operationId: 'transferTicket',
        params: schema.TicketPath,
        body: schema.Recipient,
        response: { 200: schema.Ticket },
      },
      config: { permission: 'booking.manage' },
    },
    async (request, reply) => {
      const { actor, params, body } = request;
      const key = await signingKey(db, vault, actor.tenant.id);
      const given = await once(db, actor.tenant.id, repeatable(request), async (tx) => {
        const { booking, ticket, event } = await transferTicket(tx, actor, params.id, body);
        return { status: 200, body: JSON.stringify(toAnswer(ticket, booking, event, tokenOf(ticket, key))) };
      });
      return sendAnswer(reply, given);
    },
  );
}

function publicKeysRoute(app: App, { db }: TicketDeps): void {
  app.get(
    '/ticket-keys',
    {
      schema: {
        tags,
        summary: 'Get the public keys by which tickets are verified without us',
        operationId: 'listTicketKeys',
        response: { 200: schema.TicketKeys },
      },
      config: { permission: 'catalogue.read' },
    },
    async ({ actor }) => publicKeys(await db.read(actor.tenant.id, keys)),
  );
}

function keyRoutes(app: App, { db, vault }: TicketDeps): void {
  app.post(
    '/ticket-keys',
    {
      schema: {
        tags,
        summary: 'Make a new key that signs tickets from now on; those signed before stay good',
        operationId: 'createTicketKey',
        body: Type.Optional(strict({})),
        response: { 201: schema.TicketKeys },
      },
      config: { permission: 'catalogue.write' },
    },
    async (request, reply) => {
      const { actor } = request;
      const made = await once(db, actor.tenant.id, repeatable(request), async (tx) => ({
        status: 201,
        body: JSON.stringify(await rotateKeys(tx, vault, actor.principal)),
      }));
      return sendAnswer(reply, made);
    },
  );

  app.delete(
    '/ticket-keys/:id',
    {
      schema: {
        tags,
        summary: 'Withdraw a key that signs no more: what was signed with it is void',
        operationId: 'withdrawTicketKey',
        params: schema.KeyPath,
        response: { 204: Type.Null({ description: 'Withdrawn' }) },
      },
      config: { permission: 'catalogue.write' },
    },
    async ({ actor, params }, reply) => {
      await db.inTenant(actor.tenant.id, (tx) => withdrawKey(tx, actor.principal, params.id));
      return reply.code(204).send(null);
    },
  );
}
