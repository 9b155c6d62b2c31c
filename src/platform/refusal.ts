/**
 * Why the program cannot do what was asked, for the person at the terminal: one plain sentence that says what to
 * do next. It is printed alone, without a stack trace, and the process exits with 1.
 */
export class Refusal extends Error {}

/** What an error says in one line, for the middle of a sentence. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}
