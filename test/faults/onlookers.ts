import { setTimeout as wait } from 'node:timers/promises';
import { percentile } from '../../src/cli/percentile.ts';
import { createKey } from '../../src/people/key.ts';
import { openDatabase } from '../../src/platform/db.ts';
import { silentLog } from '../database.ts';
import { unless } from './row.ts';
import type { Stage } from './stage.ts';

/** What those who look saw in a while. */
export interface Sight {
  /** How long each answer took. */
  waits: number[];
  /** For how long after a change was acknowledged the other server still showed what was before. */
  staleMs: number[];
  /** Answers that were none, and changes that the server that made them did not show. */
  wrong: string[];
}

const READERS = 3;
const PAUSE_MS = 10;
const ENOUGH = 5;
const LONGEST_MS = 30_000;
const LOOK_AGAIN_MS = 2;
/** Nobody waits for a cache longer than this beside what he would have waited without. */
const MOST_EXTRA_MS = 50;
/** What else the machine does may make everything so much slower from one second to the next. */
const NOISE = 2;
/** Where nobody is woken every process looks once a second; the rest is for a machine that does other work. */
const LONGEST_STALE_MS = 1_500;

/** People who look at what is kept on both servers, while on each of them somebody changes a room. */
export class Onlookers implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #key: string;
  #sight = blank();
  #isOver = false;
  #all: Promise<unknown> = Promise.resolve();

  private constructor(stage: Stage, key: string) {
    this.#stage = stage;
    this.#key = key;
  }

  static async come(stage: Stage): Promise<Onlookers> {
    const { servingUrl: url } = stage.postgres;
    const db = openDatabase({ url, size: 1, named: true, log: silentLog });
    const key = await createKey(db, stage.tenant, { role: 'admin', name: 'editors' });
    await db.close();
    const onlookers = new Onlookers(stage, key);
    onlookers.#begin();
    return onlookers;
  }

  /** What is seen for so long, and until enough was changed to tell; a busy machine needs longer. */
  async watch(ms: number): Promise<Sight> {
    const begun = performance.now();
    while (
      performance.now() - begun < ms ||
      (this.#sight.staleMs.length < ENOUGH && performance.now() - begun < LONGEST_MS)
    )
      await wait(PAUSE_MS);
    return this.take();
  }

  /** What was seen since the last time. */
  take(): Sight {
    const sight = this.#sight;
    this.#sight = blank();
    return sight;
  }

  async go(): Promise<void> {
    this.#isOver = true;
    await this.#all;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.go();
  }

  /** An answer of a server, with its tag; undefined when it was none. */
  async get(server: 0 | 1, path: string): Promise<{ body: unknown; etag: string } | undefined> {
    return this.#ask(server, 'GET', path);
  }

  /** Changes a room and returns what it is now. */
  async change(server: 0 | 1, room: string, capacity: number): Promise<void> {
    const etag = (await this.get(server, `/rooms/${room}`))?.etag ?? '';
    await this.#ask(server, 'PATCH', `/rooms/${room}`, { capacity }, etag);
  }

  async capacity(server: 0 | 1, room: string): Promise<unknown> {
    return ((await this.get(server, `/rooms/${room}`))?.body as { capacity?: number } | undefined)?.capacity;
  }

  #begin(): void {
    const { rooms } = this.#stage;
    const servers = [0, 1] as const;
    const all = servers.flatMap((server) => [
      this.#edit(server, rooms[server] ?? ''),
      ...Array.from({ length: READERS }, () => this.#read(server)),
    ]);
    this.#all = Promise.all(all);
    this.#all.catch(() => undefined); // told by `go`
  }

  async #read(server: 0 | 1): Promise<void> {
    const [room = ''] = this.#stage.rooms;
    const window = 'from=2030-01-01T00:00:00Z&to=2030-01-02T00:00:00Z';
    const paths = ['/rooms?limit=50', `/rooms/${room}`, `/rooms/${room}/availability?${window}`, '/events'];
    for (let n = 0; !this.#isOver; n++) {
      await this.get(server, paths[n % paths.length] ?? '');
      await wait(PAUSE_MS);
    }
  }

  async #edit(server: 0 | 1, room: string): Promise<void> {
    for (let capacity = 1; !this.#isOver; capacity = 1 + (capacity % 1_000)) {
      await this.change(server, room, capacity);
      const changedAt = performance.now();
      const own = await this.capacity(server, room);
      if (own !== capacity)
        this.#sight.wrong.push(`the server that made ${capacity} of it shows ${String(own)}`);
      let staleMs = 0;
      while ((await this.capacity(server === 0 ? 1 : 0, room)) !== capacity && !this.#isOver) {
        staleMs = performance.now() - changedAt;
        await wait(LOOK_AGAIN_MS);
      }
      this.#sight.staleMs.push(staleMs);
    }
  }

  async #ask(server: 0 | 1, method: string, path: string, body?: object, etag = '') {
    const begun = performance.now();
    const answer = await fetch(`${this.#stage.urls[server]}/api/v1/faults${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body && { 'content-type': 'application/json', 'if-match': etag }),
      },
      ...(body && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => void this.#sight.wrong.push(`${method} ${path}: ${String(error)}`));
    if (answer === undefined) return undefined;
    const text = await answer.text();
    this.#sight.waits.push(performance.now() - begun);
    if (!answer.ok) this.#sight.wrong.push(`${method} ${path}: ${answer.status} ${text}`);
    return { body: JSON.parse(text) as unknown, etag: answer.headers.get('etag') ?? '' };
  }
}

/** What must not be different from when nothing was wrong, and was. */
export function complaints(when: string, calm: Sight, now: Sight): string[] {
  const [before, waited] = [percentile(calm.waits, 0.95), percentile(now.waits, 0.95)];
  const stale = Math.max(...now.staleMs);
  return [
    ...now.wrong.slice(0, 5).map((each) => `${when}: ${each}`),
    ...unless(now.staleMs.length > 0, `${when}: nothing could be changed`),
    ...unless(
      waited < NOISE * before + MOST_EXTRA_MS,
      `${when}: one in twenty waited ${waited} ms, before ${before} ms`,
    ),
    ...unless(stale < LONGEST_STALE_MS, `${when}: the other server showed something old for ${stale} ms`),
  ];
}

function blank(): Sight {
  return { waits: [], staleMs: [], wrong: [] };
}
