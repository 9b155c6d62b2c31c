import type { AddressInfo } from 'node:net';
import fastify from 'fastify';

/** What is sent as the answer to one URL. */
export interface BareAnswer {
  readonly url: string;
  /** All that Holdfast sends, but for those that Node writes by itself. */
  readonly headers: Readonly<Record<string, string>>;
  readonly base64: string;
}

/** The limit of reading: a bare route for each URL that sends the same bytes. A process of its own, told by one message. */
process.once('message', (answers: readonly BareAnswer[]) => {
  void listen(answers).then((url) => process.send?.(url));
});
process.once('disconnect', () => process.exit(0));

async function listen(answers: readonly BareAnswer[]): Promise<string> {
  const app = fastify();
  for (const { url, headers, base64 } of answers) {
    const bytes = Buffer.from(base64, 'base64');
    app.get(url.split('?', 1)[0] ?? '', (_request, reply) => reply.headers(headers).send(bytes));
  }
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}
