/**
 * Why the program cannot do what was asked, for the person at the terminal: one plain sentence that says what to
 * do next. It is printed alone, without a stack trace, and the process exits with 1.
 */
export class Refusal extends Error {}

/** What an error says in one line, for the middle of a sentence. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const first = error.message.split('\n', 1)[0] ?? '';
  if (first !== '') return first;
  // A name with several addresses fails with an error per address and no message of its own.
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  return error.cause === undefined ? error.name : reasonOf(error.cause);
}
