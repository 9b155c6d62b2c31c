// What we use of autocannon 9, which brings no types of its own.
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  type Headers = Record<string, string>;

  /** One request of the cycle that each connection repeats; `context` is the connection's own and lives for one cycle. */
  export interface Request<Context> {
    method: string;
    path: string;
    headers: Headers;
    body?: string;
    /** Fills in what differs each time. Returning null begins the cycle anew. */
    setupRequest?(request: Request<Context>, context: Context): Request<Context> | null;
    onResponse?(status: number, body: string, context: Context): void;
  }

  interface Options<Context> {
    url: string;
    headers: Headers;
    connections: number;
    duration: number;
    /** Seconds to wait for an answer. */
    timeout: number;
    requests: Request<Context>[];
    initialContext: Context;
  }

  interface Result {
    errors: number;
    timeouts: number;
  }

  /** Emits `response` (client, status, bytes, milliseconds) for every answer. */
  interface Run extends EventEmitter {
    stop(): void;
  }

  export default function autocannon<Context>(
    options: Options<Context>,
    done: (error: Error | null, result: Result) => void,
  ): Run;
}
