import { registerHooks } from 'node:module';
import { TAKEN_OUT, type Edit } from './take-out.ts';

/**
 * Loaded into a server before its own code: takes guards out of its sources as they are read, so that the program itself
 * needs no switch for it. A guard that is not there word for word ends the server: such a control proves nothing.
 */
if (process.env['NODE_ENV'] !== 'test') throw new Error('guards are taken out in tests only');
const edits = JSON.parse(process.env[TAKEN_OUT] ?? '') as readonly Edit[];

registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context);
    const due = edits.filter(({ file }) => url.endsWith(`/${file}`));
    return due.length === 0 ? loaded : { ...loaded, source: due.reduce(without, String(loaded.source)) };
  },
});

function without(source: string, { file, guard, instead }: Edit): string {
  if (source.split(guard).length !== 2) throw new Error(`${file} has not exactly one: ${guard}`);
  return source.replace(guard, () => instead);
}
