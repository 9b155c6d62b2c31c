import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attach, type Attachment } from '../../src/platform/embedded/attach.ts';
import type { Settings } from '../../src/platform/embedded/cluster.ts';

/** A PostgreSQL of its own, as durable as the one that people run, that can be killed and comes back by itself. */
export class OwnPostgres {
  readonly #home: string;
  readonly #attachment: Attachment;
  readonly #news: News;

  private constructor(home: string, attachment: Attachment, news: News) {
    this.#home = home;
    this.#attachment = attachment;
    this.#news = news;
  }

  /** `within`: the folder for its data. */
  static async open(settings: Settings = {}, within = tmpdir()): Promise<OwnPostgres> {
    const home = await mkdtemp(join(within, 'holdfast-chaos-'));
    await chmod(home, 0o711); // PostgreSQL's own user passes through when root runs the tests
    const news = new News();
    const attachment = await attach({
      dataDir: join(home, 'data'),
      settings,
      say: (line) => line.endsWith('is back.') && news.back(),
      lost: (why) => news.lost(why),
    });
    return new OwnPostgres(home, attachment, news);
  }

  get ownerUrl(): string {
    return this.#attachment.ownerUrl;
  }

  get servingUrl(): string {
    return this.#attachment.servingUrl;
  }

  get servingLogin(): string {
    return this.#attachment.servingLogin;
  }

  /** Where a file of this run can be kept until `close`. */
  path(name: string): string {
    return join(this.#home, name);
  }

  /** Ends the server and every process of it at once, as `kill -9` does. Resolves when it serves again. */
  async kill(): Promise<void> {
    const pid = await postmasterOf(join(this.#home, 'data'));
    const back = this.#news.awaited();
    // All in one turn: what survives its siblings would tidy up, and a crash does not.
    for (const each of [pid, ...childrenOf(pid)]) killIfThere(each);
    await back;
  }

  async close(): Promise<void> {
    await this.#attachment.release();
    await rm(this.#home, { recursive: true, force: true });
  }
}

/** The return of a killed server, told by whoever starts it again. */
class News {
  #waiting: PromiseWithResolvers<void> | undefined;

  awaited(): Promise<void> {
    this.#waiting = Promise.withResolvers<void>();
    return this.#waiting.promise;
  }

  back(): void {
    this.#waiting?.resolve();
  }

  lost(why: Error): void {
    this.#waiting?.reject(why);
  }
}

/** The main process of the PostgreSQL in a data directory: its number is on the first line of a file in its cluster. */
export async function postmasterOf(dataDir: string): Promise<number> {
  const cluster = (await readdir(dataDir)).find((name) => name.startsWith('postgres-')) ?? '';
  const file = await readFile(join(dataDir, cluster, 'postmaster.pid'), 'utf8');
  return Number(file.split('\n')[0]);
}

function childrenOf(parent: number): number[] {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = all.map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([pid, ppid]) => (ppid === parent && pid !== undefined ? [pid] : []));
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // a connection that ended meanwhile
  }
}
