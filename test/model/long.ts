import { withTestCluster } from '../cluster.ts';
import { playRound, report } from './round.ts';

const ROUNDS = 60;
const OPS_EACH = 60;

/** Many rounds of the model with seeds of their own; `MODEL_SEED` plays only that one, again. */
export async function longModel(say: (line: string) => void, signal: AbortSignal): Promise<boolean> {
  const again = process.env['MODEL_SEED'];
  const first = again === undefined ? Date.now() % 1_000_000 : Number(again);
  const rounds = again === undefined ? ROUNDS : 1;
  let ops = 0;
  let changes = 0;
  let failed = 0;
  await withTestCluster(async () => {
    for (let i = 0; i < rounds && !signal.aborted; i++) {
      const round = { seed: first + i, opsEach: OPS_EACH };
      const { history, complaints } = await playRound(round);
      ops += history.ops.length;
      changes += history.changes.length;
      if (complaints.length > 0) failed += 1;
      if (complaints.length > 0) say(report(round, complaints));
      else if (i % 10 === 9) say(`${i + 1} of ${rounds} rounds`);
    }
  });
  say(`${ops} ops of 32 actors, ${changes} changes; ${failed} of ${rounds} rounds could not be explained.`);
  return failed === 0 && !signal.aborted;
}
