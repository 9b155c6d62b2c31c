import pg from 'pg';

// Times as milliseconds, 64-bit integers as numbers (a CHECK bounds them), dates as the text they are.
const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [pg.types.builtins.INT8]: Number,
  [pg.types.builtins.DATE]: (text) => text,
  [pg.types.builtins.TIMESTAMPTZ]: parseInstant,
};
const TIMESTAMPTZ_ARRAY = 1185;
const DATE_ARRAY = 1182;

/** How the driver reads what PostgreSQL sends as text. */
export function getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  const own = format === 'binary' ? undefined : PARSERS[oid];
  if (own !== undefined) return own;
  if (oid === DATE_ARRAY) return (text) => (text === '{}' ? [] : text.slice(1, -1).split(','));
  if (oid === TIMESTAMPTZ_ARRAY)
    return (text) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(parseInstant));
  return pg.types.getTypeParser(oid, format) as (text: string) => unknown;
}

function parseInstant(text: string): number {
  const bare = text.startsWith('"') ? text.slice(1, -1) : text;
  if (bare === 'infinity') return Infinity;
  if (bare === '-infinity') return -Infinity;
  return Date.parse(bare.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
}
