/** A column of an export: an SQL expression that is written once for each row. */
export interface Cell {
  sql: string;
  /** `plain` needs no quotes whatever it is: ids, numbers, words of ours, times. */
  type: 'plain' | 'number' | 'text' | 'json';
}

export type Cells = Readonly<Record<string, Cell>>;

export const plain = (sql: string): Cell => ({ sql, type: 'plain' });
export const number = (sql: string): Cell => ({ sql, type: 'number' });
export const text = (sql: string): Cell => ({ sql, type: 'text' });
export const json = (sql: string): Cell => ({ sql, type: 'json' });
/** A moment as the API writes it. */
export const moment = (sql: string): Cell =>
  plain(`to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`);

export const FORMATS = ['csv', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

/**
 * The text of one row as an SQL expression. Written by the database and not here: a million rows through the driver and
 * csv-stringify keep the thread that also sells busy for 10 s, as text in large pieces for less than one.
 */
export const rowText: Readonly<Record<Format, (cells: Cells) => string>> = {
  csv: (cells) => `concat(${Object.values(cells).map(csvCell).join(`, ',', `)}, e'\\r\\n')`,
  ndjson: (cells) => {
    const fields = Object.entries(cells).map(([name, { sql }]) => `${sql} as "${name}"`);
    return `(select row_to_json(o)::text || e'\\n' from (select ${fields.join(', ')}) o)`;
  },
};

/** The line of names that a file begins with. */
export const headText: Readonly<Record<Format, (cells: Cells) => string>> = {
  csv: (cells) => `${Object.keys(cells).join()}\r\n`,
  ndjson: () => '',
};

/** Where a spreadsheet would begin to calculate, as csv-stringify has it for `escape_formulas`. */
const FORMULA = String.raw`'^[=+@\t\r\uFF1D\uFF0B\uFF0D\uFF20-]'`;
const TO_BE_QUOTED = String.raw`'[",\r\n]'`;

function csvCell({ sql, type }: Cell): string {
  if (type === 'plain' || type === 'number') return sql;
  const quoted = (value: string) => `'"' || replace(${value}, '"', '""') || '"'`;
  if (type === 'json') return quoted(`${sql}::text`);
  return `case when ${sql} ~ ${FORMULA} then ${quoted(`'''' || ${sql}`)}
    when ${sql} ~ ${TO_BE_QUOTED} then ${quoted(sql)} else ${sql} end`;
}
