import { stringify } from 'csv-stringify/sync';

export const CSV_TYPE = 'text/csv; charset=utf-8';

/** A table as RFC 4180 text with a line of names. What a spreadsheet would run as a formula is escaped. */
export function csvText<K extends string>(
  columns: readonly K[],
  rows: readonly Readonly<Record<K, string | number | null>>[],
): string {
  return stringify(rows as object[], {
    columns: [...columns],
    header: true,
    record_delimiter: 'windows', // CRLF, as the RFC has it
    escape_formulas: true,
  });
}
