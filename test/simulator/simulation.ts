import { isWishing } from '../../src/engine/booking.ts';
import type { Approve, Command } from '../../src/engine/command.ts';
import { decide } from '../../src/engine/decide.ts';
import { Model } from '../../src/engine/model.test-double.ts';
import { wishedLines } from '../../src/engine/wish.ts';
import { Audit, Violation } from './audit.ts';
import { GUARD, ROOMS, STOCK, commandOf, keyOf, type Known } from './demand.ts';
import type { Happening, Situation } from './happening.ts';
import { SimulatedServer, type Batch, type Reply } from './server.ts';
import { SimulatedDatabase, type Parts } from './transaction.ts';

export const REAL: Parts = { decide, guarded: true };

const SERVERS = 3;
/** Bookings that clients remember: a short memory keeps them on each other's heels. */
const MOST_KNOWN = 8;

type Asking = Extract<Happening, { does: 'ask' }>;

/** What somebody wants: under one key, however often it is sent. */
interface Intention {
  asking: Asking;
  sent: number;
  /** The booking that was answered. */
  booking: string | undefined;
}

interface Message {
  name: string;
  isReply: boolean;
  reply: Reply | undefined;
}

/**
 * Servers, clients, a network between them and one database, all in memory and led by happenings alone. Throws a
 * Violation at the first one after which a promise does not hold.
 */
export class Simulation {
  readonly #database: SimulatedDatabase;
  readonly #audit: Audit;
  readonly #servers: SimulatedServer[];
  readonly #ghosts: Batch[] = [];
  readonly #intentions = new Map<string, Intention>();
  #open: string[] = [];
  #network: Message[] = [];
  #known: Known[] = [];

  constructor(parts: Parts) {
    this.#database = new SimulatedDatabase((committing) => this.#audit.committed(committing));
    const { world } = this.#database;
    for (const room of ROOMS) world.calendars.add(room);
    for (const { resourceId, bucket, capacity } of STOCK) world.addStock(resourceId, bucket, capacity);
    world.guards.set(GUARD, 1);
    this.#audit = new Audit(world, new Model(ROOMS, STOCK));
    const newServer = () => new SimulatedServer(this.#database, parts, this.#ghosts);
    this.#servers = Array.from({ length: SERVERS }, newServer);
  }

  get tally(): ReadonlyMap<string, number> {
    return this.#database.tally;
  }

  get situation(): Situation {
    return {
      asked: this.#intentions.size,
      guard: this.#guard,
      known: this.#known,
      open: this.#open,
      network: this.#network,
      servers: this.#servers,
      ghosts: this.#ghosts.map((batch) => batch.name),
      due: (nth) => this.#due(nth),
    };
  }

  /** False where a thing that it is about is not there. */
  happen(what: Happening): boolean {
    switch (what.does) {
      case 'ask':
        return this.#ask(what);
      case 'ask again':
        return this.#open.includes(what.name) && this.#send(what.name);
      case 'deliver':
        return this.#deliver(what);
      case 'answer':
        return this.#hear(what.name);
      case 'double':
        return this.#double(what);
      case 'lose':
        return this.#take(what) !== undefined;
      case 'batch':
        return this.#servers[what.server]?.begin(what.names) === true;
      case 'go on':
        return this.#servers[what.server]?.goOn(what.batch) === true;
      case 'cut':
        return this.#servers[what.server]?.cut(what.batch) === true;
      case 'crash':
        this.#servers[what.server]?.crash();
        return true;
      case 'haunt':
        return this.#haunt(what.ghost, what.commits);
      case 'sweep':
        return this.#sweep(what);
      case 'wait':
        this.#database.now += what.ms;
        return true;
      case 'edit':
        this.#database.world.guards.set(GUARD, this.#guard + 1);
        return true;
    }
  }

  /** For when nothing happens any more: looks at everything there is. */
  inspect(): void {
    const busy = this.#open.length + this.#network.length + this.#ghosts.length;
    const idle = this.#servers.every(({ queue, batches }) => queue.length + batches.length === 0);
    if (busy > 0 || !idle) throw new Violation('everything ends', 'requests are still open at rest');
    const due = this.#due(0);
    if (due !== undefined) throw new Violation('expired holds are swept', due);
    this.#audit.everything(this.#database.now);
  }

  get #guard(): number {
    return this.#database.world.guards.get(GUARD) ?? 0;
  }

  #ask(asking: Asking): boolean {
    this.#intentions.set(asking.name, { asking, sent: 0, booking: undefined });
    if (asking.key !== null) this.#open.push(asking.name);
    return this.#send(asking.name);
  }

  #send(name: string): boolean {
    this.#network.push({ name, isReply: false, reply: undefined });
    return true;
  }

  #deliver({ name, server }: { name: string; server: number }): boolean {
    const intention = this.#intentions.get(name);
    if (intention === undefined || this.#take({ name, isReply: false }) === undefined) return false;
    const { asking } = intention;
    const bookingId = `${name}.${(intention.sent += 1)}`; // from the server: another one each time
    const made = commandOf(asking, bookingId, (id) => this.#wishesOf(id));
    const command: Command = asking.key === null ? made : { ...made, idempotency: keyOf(asking.key, name) };
    this.#servers[server]?.submit({
      name,
      command,
      reply: (reply) => this.#network.push({ name, isReply: true, reply }),
    });
    return true;
  }

  #wishesOf(bookingId: string): Approve['wishes'] {
    const { bookings, wishes } = this.#database.world;
    const request = bookings.get(bookingId);
    if (request === undefined || !isWishing(request)) return undefined;
    return { version: request.version, lines: wishedLines(request, wishes) };
  }

  #hear(name: string): boolean {
    const reply = this.#take({ name, isReply: true })?.reply;
    const intention = this.#intentions.get(name);
    if (reply === undefined || intention === undefined) return false;
    if (reply.result === 'unavailable') return true;
    this.#open = this.#open.filter((open) => open !== name);
    const bookingId =
      reply.result === 'done' ? reply.booking.id : reply.result === 'replayed' ? reply.body : undefined;
    if (bookingId !== undefined) this.#told(intention, bookingId);
    return true;
  }

  #told(intention: Intention, bookingId: string): void {
    const { booking, asking } = intention;
    if ((booking ?? bookingId) !== bookingId && asking.key !== null)
      throw new Violation('one effect per intention', `${asking.name}: ${booking} and ${bookingId}`);
    intention.booking = bookingId;
    const owner = this.#database.world.bookings.get(bookingId)?.createdBy;
    if (owner === undefined) throw new Violation('no acknowledged booking is lost', bookingId);
    const others = this.#known.filter(({ id }) => id !== bookingId);
    this.#known = [{ id: bookingId, owner }, ...others].slice(0, MOST_KNOWN);
  }

  #double({ name, isReply }: { name: string; isReply: boolean }): boolean {
    const message = this.#network.find((each) => each.name === name && each.isReply === isReply);
    if (message === undefined || this.#intentions.get(name)?.asking.key === null) return false;
    this.#network.push({ ...message });
    return true;
  }

  #haunt(name: string, commits: boolean): boolean {
    const at = this.#ghosts.findIndex((ghost) => ghost.name === name);
    const [ghost] = at < 0 ? [] : this.#ghosts.splice(at, 1);
    if (commits) ghost?.transaction.step();
    else ghost?.transaction.abort();
    return ghost !== undefined;
  }

  #sweep({ server, bookingId }: { server: number; bookingId: string }): boolean {
    const command = { verb: 'expire', bookingId, ownedBy: null, actor: 'sweeper' } as const;
    this.#servers[server]?.submit({ name: `sweep-${bookingId}`, command, reply: () => undefined });
    return this.#database.world.bookings.has(bookingId);
  }

  #due(nth: number): string | undefined {
    const due: string[] = [];
    for (const { id, expiresAt } of this.#database.world.bookings.values())
      if (expiresAt !== null && expiresAt <= this.#database.now) due.push(id);
    return due[nth % Math.max(1, due.length)];
  }

  #take({ name, isReply }: { name: string; isReply: boolean }): Message | undefined {
    const at = this.#network.findIndex((message) => message.name === name && message.isReply === isReply);
    return at < 0 ? undefined : this.#network.splice(at, 1)[0];
  }
}
