import { once } from 'node:events';
import { connect } from 'node:net';

/** Asks over one connection, one call after the other. */
export interface Caller {
  /** Resolves with its `X-Cache` when the whole answer is there; rejects when it is not a 200. */
  ask(path: string): Promise<string | undefined>;
  close(): void;
}

const READ_BYTES = 65_536;

/**
 * A caller that makes no garbage: two megabytes in new buffers for each answer make the caller collect every few calls, and
 * twenty milliseconds of that would be told as the server's. Asks for plain answers where nothing else is said: squeezing a
 * megabyte would cost more than finding it, and is the caller's to ask for.
 */
export async function openCaller(url: string, key: string, encoding = 'identity'): Promise<Caller> {
  const { hostname: host, port } = new URL(url);
  const headers = `host: ${host}\r\nauthorization: Bearer ${key}\r\naccept-encoding: ${encoding}`;
  const buffer = Buffer.alloc(READ_BYTES);
  let settled = Promise.withResolvers<string | undefined>();
  let head: Head | undefined;
  let read = 0;
  const callback = (length: number): boolean => {
    read += length;
    try {
      head ??= headOf(buffer.toString('latin1', 0, length));
      if (read >= head.bytes) settled.resolve(head.from);
    } catch (error) {
      settled.reject(error);
    }
    return true;
  };
  const socket = connect({ host, port: Number(port), noDelay: true, onread: { buffer, callback } });
  socket.on('error', (error) => settled.reject(error));
  socket.on('close', () => settled.reject(new Error('the server closed the connection')));
  await once(socket, 'connect');
  return {
    ask: (path) => {
      [settled, head, read] = [Promise.withResolvers(), undefined, 0];
      socket.write(`GET ${path} HTTP/1.1\r\n${headers}\r\n\r\n`);
      return settled.promise;
    },
    close: () => socket.destroy(),
  };
}

interface Head {
  /** Of the whole answer. */
  bytes: number;
  from: string | undefined;
}

function headOf(text: string): Head {
  const end = text.indexOf('\r\n\r\n');
  const named = (name: string) => new RegExp(`^${name}: (.*)\r$`, 'im').exec(text.slice(0, end + 2))?.[1];
  if (end < 0 || !text.startsWith('HTTP/1.1 200')) throw new Error(`no answer: ${text.slice(0, 200)}`);
  return { bytes: end + 4 + Number(named('content-length')), from: named('x-cache') };
}
