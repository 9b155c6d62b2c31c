import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { openClient, ServerUnreachable, type Call } from '../../src/cli/client.ts';
import { runProgram, type Program } from '../program.ts';

/** How many calls a server is asked at a time, unless told otherwise. */
const CONNECTIONS = 64;
/** A server that finds no database ends and is started again, as any supervisor would. */
const START_TRIES = 30;
const LOOK_MS = 20;

/** One server process after another in the same place: asked for bookings, killed, started again. */
export class Server {
  readonly #settings: Readonly<Record<string, string>>;
  readonly #login: { tenant: string; key: string };
  readonly #connections: number;
  #program: Program | undefined;
  #client: ReturnType<typeof openClient> | undefined;
  #watch: Watch | undefined;
  #isClosed = false;

  constructor(
    settings: Readonly<Record<string, string>>,
    login: { tenant: string; key: string },
    connections = CONNECTIONS,
  ) {
    this.#settings = settings;
    this.#login = login;
    this.#connections = connections;
  }

  get isUp(): boolean {
    return this.#client !== undefined;
  }

  /** Starts a process with `env` added; resolves when it serves. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    for (let tries = 1; !this.#isClosed; tries += 1) {
      const program = runProgram(['start'], { env: { ...this.#settings, ...env } });
      this.#program = program;
      try {
        const [, url = ''] = await program.says(/serves on (http:\S+)/);
        this.#client = openClient({ url, connections: this.#connections, ...this.#login });
        return;
      } catch (error) {
        if (tries === START_TRIES) throw error;
      }
    }
  }

  /** Resolves once the process is gone. Rejects when it went by itself: only a kill may end it here. */
  async killed(): Promise<void> {
    const { code, said } = await this.#ended();
    if (code !== null) throw new Error(`a server ended by itself with ${code}:\n${said}`);
  }

  /** Kills the process as it is. */
  async kill(): Promise<void> {
    this.#program?.kill('SIGKILL');
    await this.killed();
  }

  /** Stops the process in good order. */
  async stop(): Promise<void> {
    this.#hangUp();
    this.#program?.kill('SIGTERM');
    const { code, said } = await this.#ended();
    if (code !== 0) throw new Error(`a server stopped with ${code}:\n${said}`);
  }

  /** Ends the process, whatever state it is in, and starts no other. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#hangUp();
    this.#program?.kill('SIGKILL');
    await this.#ended();
  }

  /** Resolves when the `nth` call from now was sent, or was answered with a 2xx. */
  after(event: Watch['event'], nth: number): Promise<void> {
    return new Promise((happened) => (this.#watch = { event, left: nth, happened }));
  }

  /** One call; rejects when nothing came back. */
  call: Call = async (...request) => {
    if (this.#client === undefined) throw new ServerUnreachable('This server is not up.');
    const answering = this.#client.call(...request);
    this.#notice('sent');
    const answer = await answering;
    if (answer.status < 300) this.#notice('answered');
    return answer;
  };

  #notice(event: Watch['event']): void {
    if (this.#watch?.event !== event || (this.#watch.left -= 1) > 0) return;
    this.#watch.happened();
    this.#watch = undefined;
  }

  async #ended(): Promise<{ code: number | null; said: string }> {
    const ended = await this.#program?.ended;
    this.#hangUp();
    return { code: ended?.code ?? null, said: `${ended?.stdout}${ended?.stderr}` };
  }

  #hangUp(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}

interface Watch {
  event: 'sent' | 'answered';
  left: number;
  happened: () => void;
}

/** One of the servers that are up; waits while there is none. Rejects when none comes up in time. */
export async function anyOf(servers: readonly Server[], deadline: number): Promise<Server> {
  for (;;) {
    const up = servers.filter((server) => server.isUp);
    const server = up[randomInt(Math.max(1, up.length))];
    if (server !== undefined) return server;
    if (Date.now() > deadline) throw new Error('no server came up again');
    await wait(LOOK_MS);
  }
}
