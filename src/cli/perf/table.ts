export interface Column<R> {
  title: string;
  text(row: R): string;
  /** Figures stand on the right. */
  isFigure?: boolean;
}

const GAP = '  ';

/** Rows below each other in columns, cut to `width`; the first column gives way when there is not enough room. */
export function tableLines<R>(columns: readonly Column<R>[], rows: readonly R[], width: number): string[] {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ text }) => text(row))),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  const rest = widths.slice(1).reduce((sum, each) => sum + each + GAP.length, 0);
  widths[0] = Math.max(Math.min(widths[0] ?? 0, width - rest), 1);
  return cells.map((line) =>
    line
      .map((text, i) => {
        const room = widths[i] ?? 0;
        const cut = text.length > room ? `${text.slice(0, room - 1)}…` : text;
        return columns[i]?.isFigure === true ? cut.padStart(room) : cut.padEnd(room);
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** `1536` as `1.5 kB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}
