import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Where the next COMMIT is cut off: before the server gets it, or before the client hears that it succeeded. */
export type Cut = 'before' | 'after' | 'never';

/** A TCP proxy before PostgreSQL that can cut connections at the worst moment. */
export interface CuttingProxy {
  url: string;
  /** Cuts the next COMMIT that passes, once. */
  cutNext(at: Cut): void;
  /** Resolves when that has happened. */
  cutDone(): Promise<void>;
  /** Ends every connection and refuses new ones until `heal`. */
  sever(): void;
  heal(): void;
  close(): Promise<void>;
}

export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const to = new URL(target);
  const open = new Set<Socket>();
  let cut: Cut = 'never';
  let severed = false;
  let done: () => void = () => undefined;
  let happened = Promise.resolve();

  const server = createServer((client) => {
    if (severed) return void client.destroy();
    const upstream = connect(Number(to.port), to.hostname);
    const end = () => [client, upstream].forEach((socket) => socket.destroy());
    let committing = false;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        open.delete(socket);
        end();
      });
    }
    client.on('data', (bytes: Buffer) => {
      const commits = bytes.includes('commit\0');
      if (commits && cut === 'before') return finish(end);
      committing = commits && cut === 'after';
      upstream.write(bytes);
    });
    upstream.on('data', (bytes: Buffer) => {
      if (committing && bytes.includes('COMMIT\0')) return finish(end);
      client.write(bytes);
    });
  });

  function finish(end: () => void): void {
    cut = 'never';
    end();
    done();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cutNext: (at) => {
      cut = at;
      happened = new Promise((resolve) => (done = resolve));
    },
    cutDone: () => happened,
    sever: () => {
      severed = true;
      for (const socket of open) socket.destroy();
    },
    heal: () => void (severed = false),
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
