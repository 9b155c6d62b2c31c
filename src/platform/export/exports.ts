import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { unavailable } from '../errors.ts';
import type { Uuid } from '../id.ts';
import type { Format } from './cells.ts';
import type { Piece } from './statements.ts';

/** What a file is made of. */
export interface Source {
  format: Format;
  head: string;
  pieces: AsyncIterator<Piece>;
}

/** Files that are being written: so many at once, so that sales always find a connection. */
export interface Exports {
  /**
   * Begins a file: rows as fast as they are taken, and a last line that says how many there were and what everything
   * before it adds up to. Whatever goes wrong on the way destroys the stream: who has no last line has no whole file.
   * Rejects when the first rows cannot be read, or with `unavailable` when too many are being written.
   */
  begin(tenant: Uuid, source: Source): Promise<Readable>;
  /** Cuts off those that are being written. */
  cut(): void;
}

const MOST_AT_ONCE = 4;
const MOST_OF_TENANT = 2;
/** Whoever takes nothing for so long has gone away without saying so. */
const STALLED_MS = 60_000;
const LONGEST_REST_MS = 250;

/** `isBusy`: whether the tenant sells so fast that an export should take second place. */
export function openExports(isBusy: (tenant: Uuid) => boolean): Exports {
  const running = new Map<Readable, Uuid>();
  const beginning: Uuid[] = [];

  function requireRoom(tenant: Uuid): void {
    const all = [...running.values(), ...beginning];
    if (all.length < MOST_AT_ONCE && all.filter((other) => other === tenant).length < MOST_OF_TENANT) return;
    throw unavailable('Other exports are being written. Try again when one of them is done.', 10);
  }

  return {
    begin: async (tenant, source) => {
      requireRoom(tenant);
      beginning.push(tenant);
      try {
        const pieces = oneAhead(source.pieces, () => isBusy(tenant));
        await pieces.first;
        const stream = fileOf(source, pieces.next);
        running.set(stream, tenant);
        stream.once('close', () => running.delete(stream));
        return stream;
      } finally {
        beginning.splice(beginning.indexOf(tenant), 1);
      }
    },
    cut: () => {
      for (const stream of running.keys()) stream.destroy(new Error('the server stops'));
    },
  };
}

function fileOf({ format, head }: Source, next: () => Promise<IteratorResult<Piece>>): Readable {
  const stream: Readable = Readable.from(bytes(), { objectMode: false });
  return stream;

  async function* bytes(): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    let rows = 0;
    if (head !== '') yield* taken(hashed(head));
    for (let piece = await next(); piece.done !== true; piece = await next()) {
      rows += piece.value.rows;
      if (piece.value.text !== '') yield* taken(hashed(piece.value.text));
    }
    yield Buffer.from(lastLine[format](rows, hash.digest('hex')));

    function hashed(text: string): Buffer {
      const bytes = Buffer.from(text);
      hash.update(bytes);
      return bytes;
    }
  }

  /** Hands on, and gives up when nobody comes for what is next. */
  function* taken(bytes: Buffer): Generator<Buffer> {
    const stalled = setTimeout(() => stream.destroy(new Error('nobody takes the export')), STALLED_MS);
    try {
      yield bytes;
    } finally {
      clearTimeout(stalled);
    }
  }
}

/** In the file itself, where no proxy loses it and `tail -n 1` finds it; trailers of HTTP reach hardly anybody. */
const lastLine: Readonly<Record<Format, (rows: number, sha256: string) => string>> = {
  csv: (rows, sha256) => `# rows=${rows} sha256=${sha256}\r\n`,
  ndjson: (rows, sha256) => `${JSON.stringify({ end: { rows, sha256 } })}\n`,
};

/** Reads the next piece while the one before is being sent. While the tenant sells in a rush it rests as long as it read. */
function oneAhead(pieces: AsyncIterator<Piece>, isBusy: () => boolean) {
  let reading = pieces.next();
  reading.catch(() => undefined); // whoever asks for it is told
  return {
    first: reading,
    next: (): Promise<IteratorResult<Piece>> => {
      const piece = reading;
      reading = piece.then(async (before) => {
        if (before.done === true) return before;
        const from = performance.now();
        const found = await pieces.next();
        if (isBusy()) await wait(Math.min(performance.now() - from, LONGEST_REST_MS));
        return found;
      });
      reading.catch(() => undefined);
      return piece;
    },
  };
}
