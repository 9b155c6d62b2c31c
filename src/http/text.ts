/** What no text of ours may hold: NUL cannot be stored by PostgreSQL, a lone surrogate cannot be written as UTF-8. */
export function badText(text: string): boolean {
  return text.includes('\0') || !text.isWellFormed();
}

const MAX_TOKEN = 100;

/** RFC 6901. Names from outside are cut, so that an answer does not grow with the question. */
export function pointerTo(path: readonly string[]): string {
  return path
    .map(
      (token) => `/${token.slice(0, MAX_TOKEN).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`,
    )
    .join('');
}
