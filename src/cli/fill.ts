/** The text as lines of at most `width` columns; a longer word stands alone. */
export function fill(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const PLAIN_WIDTH = 80;
const WIDEST = 100; // longer lines are hard to read, however wide the window

/** Columns to fill on standard output. */
export function outputWidth(): number {
  return Math.min(process.stdout.columns ?? PLAIN_WIDTH, WIDEST);
}
