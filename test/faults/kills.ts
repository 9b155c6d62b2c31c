import { faultPoints } from '../../src/engine/fault-point.ts';
import { unless, type FaultRow } from './row.ts';

const READY_WITHIN_MS = 5_000;
const QUICK_ANSWER_MS = 2_000;

export const killedServer: FaultRow = {
  name: 'F1',
  fault: 'a server killed at each point of a batch',
  strike: async ({ servers: [server] }) => {
    const complaints: string[] = [];
    for (const point of faultPoints) {
      await server.stop();
      await server.start({ HOLDFAST_TEST_FAULT: `${point}:kill:3` });
      await server.killed();
      const killedAt = Date.now();
      await server.start();
      const ready = Date.now() - killedAt;
      complaints.push(...unless(ready <= READY_WITHIN_MS, `ready ${ready} ms after the kill at ${point}`));
    }
    return complaints;
  },
};

export const killedPostgres: FaultRow = {
  name: 'F3',
  fault: 'PostgreSQL killed with all its processes',
  strike: async (stage) => {
    const killedAt = Date.now();
    const readiness = watchReadiness(stage.urls[0]);
    await stage.postgres.kill();
    const backAt = Date.now();
    const recovered = await stage.untilServed(backAt);
    const wasRed = await readiness.stop();
    const away = stage.told(killedAt, backAt).filter(({ what }) => what === 'unknown');
    const slowest = Math.max(0, ...away.map(({ sentAt, at }) => at - sentAt));
    return [
      ...unless(away.length > 0, 'nobody noticed'),
      ...unless(
        away.every((e) => e.what === 'unknown' && e.why === 'unavailable'),
        'not every answer was a 503',
      ),
      ...unless(slowest <= QUICK_ANSWER_MS, `a 503 took ${slowest} ms`),
      ...unless(wasRed, 'the readiness stayed green'),
      ...unless(recovered <= READY_WITHIN_MS, `served again ${recovered} ms after PostgreSQL was back`),
    ];
  },
};

/** Looks at the readiness of a server again and again; whether it was ever red. */
function watchReadiness(url: string): { stop(): Promise<boolean> } {
  let isOver = false;
  let wasRed = false;
  const watching = (async () => {
    while (!isOver && !wasRed) wasRed = (await fetch(`${url}/health/ready`)).status === 503;
  })();
  return {
    stop: async () => {
      isOver = true;
      await watching;
      return wasRed;
    },
  };
}
