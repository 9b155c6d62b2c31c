import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { faultPoints, type FaultPoint } from '../../src/engine/fault-point.ts';
import type { OwnPostgres } from './own-postgres.ts';
import type { Server } from './servers.ts';

/**
 * When something is killed: a server at a point of one of its batches, right after one of its answers, at no moment in
 * particular with calls under way; or PostgreSQL with all its processes.
 */
export type Blow = FaultPoint | 'answered' | 'random' | 'postgres';

/** Each kind once. */
export const blows: readonly Blow[] = [...faultPoints, 'answered', 'random', 'postgres'];

const LATEST_BATCH = 20;
const LATEST_CALL = 100;
/** PostgreSQL dies when enough was acknowledged for a loss to be seen. */
const EARLIEST_ANSWER = 30;
const LONGEST_DELAY_MS = 30;

/** Kills servers and PostgreSQL in the order of a plan, each when some calls have passed, and starts them again. */
export class Storm {
  readonly struck: Blow[] = [];
  readonly #postgres: OwnPostgres;
  readonly #plan: Blow[];
  readonly #progress: (struck: number) => void;
  #isOver = false;
  #postgresIsBack = Promise.resolve();

  constructor(
    postgres: OwnPostgres,
    plan: readonly Blow[],
    progress: (struck: number) => void = () => undefined,
  ) {
    this.#postgres = postgres;
    this.#plan = [...plan];
    this.#progress = progress;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Resolves when the plan is carried out and every server is up again. Needs calls to them: a blow waits for a batch
   * or a call. Rejects when a server ends by itself.
   */
  async rage(servers: readonly Server[]): Promise<void> {
    try {
      await Promise.all(servers.map((server) => this.#rageOn(server)));
    } finally {
      this.#isOver = true;
    }
  }

  async #rageOn(server: Server): Promise<void> {
    for (let blow = this.#plan.shift(); blow !== undefined; blow = this.#plan.shift()) {
      await this.#strike(server, blow);
      this.struck.push(blow);
      this.#progress(this.struck.length);
    }
    if (!server.isUp) await server.start();
  }

  async #strike(server: Server, blow: Blow): Promise<void> {
    switch (blow) {
      case 'postgres':
        if (!server.isUp) await server.start();
        await server.after('answered', randomInt(EARLIEST_ANSWER, LATEST_CALL));
        return this.#killPostgres();
      case 'answered':
        if (!server.isUp) await server.start();
        await server.after('answered', randomInt(1, LATEST_CALL));
        return server.kill();
      case 'random':
        if (!server.isUp) await server.start();
        await server.after('sent', randomInt(1, LATEST_CALL));
        await wait(randomInt(LONGEST_DELAY_MS)); // the calls under way get a different way far each time
        return server.kill();
      default:
        if (server.isUp) await server.stop();
        await server.start({ HOLDFAST_TEST_FAULT: `${blow}:kill:${randomInt(1, LATEST_BATCH)}` });
        return server.killed();
    }
  }

  // Two blows that meet are two crashes, one after the other.
  #killPostgres(): Promise<void> {
    this.#postgresIsBack = this.#postgresIsBack.then(() => this.#postgres.kill());
    return this.#postgresIsBack;
  }
}
