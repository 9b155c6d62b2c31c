import { withTestCluster } from '../cluster.ts';
import { loadStatements } from '../load-statements.ts';
import { examinePlans } from './examine.ts';

const BOOKINGS = 1_000_000;

/** What `explain.test.ts` looks for, on ten times as many bookings. */
export async function longExplain(say: (line: string) => void): Promise<boolean> {
  await loadStatements();
  const { planned, wrong } = await withTestCluster(() => examinePlans(BOOKINGS));
  say(`${planned} statements planned on ${BOOKINGS} bookings, ${wrong.length} of them wrong`);
  for (const line of wrong) say(line);
  return wrong.length === 0;
}
