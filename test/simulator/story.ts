import { commandOf } from './demand.ts';
import type { Happening } from './happening.ts';

/** A happening in a few words, for whoever looks for what went wrong. */
export function storyOf(what: Happening): string {
  switch (what.does) {
    case 'ask':
      return `${what.name}${keyOf(what)} asks: ${requestOf(what)}`;
    case 'ask again':
      return `${what.name} asks again`;
    case 'deliver':
      return `${what.name} reaches server ${what.server}`;
    case 'answer':
      return `${what.name} hears its answer`;
    case 'double':
    case 'lose':
      return `the ${what.isReply ? 'answer' : 'request'} of ${what.name} is ${what.does === 'lose' ? 'lost' : 'doubled'}`;
    case 'batch':
      return `server ${what.server} begins a batch: ${what.names.join(', ')}`;
    case 'go on':
      return `server ${what.server} goes on with the batch of ${what.batch}`;
    case 'cut':
      return `server ${what.server} loses the connection of the batch of ${what.batch}`;
    case 'crash':
      return `server ${what.server} is killed`;
    case 'haunt':
      return `the COMMIT that was cut off from ${what.ghost} ${what.commits ? 'takes effect' : 'is lost'}`;
    case 'sweep':
      return `the sweeper asks server ${what.server} to end ${what.bookingId}`;
    case 'wait':
      return `${what.ms / 1000} s go by`;
    case 'edit':
      return 'the catalogue is edited';
  }
}

type Asking = Extract<Happening, { does: 'ask' }>;

function keyOf({ name, key }: Asking): string {
  if (key === null) return ' without a key';
  return key === name ? '' : ` under the key of ${key}`;
}

function requestOf(asking: Asking): string {
  const { verb, ...rest } = commandOf(asking, 'a new booking', () => undefined);
  const told = ['bookingId', 'ttlSeconds', 'approval', 'version', 'lineNos', 'rows'];
  const plain = Object.entries(rest).filter(([name]) => told.includes(name));
  const lines =
    'lines' in rest
      ? rest.lines.map(({ no, intervals, units, choice }) => ({ no, intervals, units, from: choice?.from }))
      : [];
  return `${verb} ${JSON.stringify({ ...Object.fromEntries(plain), lines })}`;
}
