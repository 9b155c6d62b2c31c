import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openClient } from '../src/cli/client.ts';
import { keptDemoKey, DEMO_SLUG } from '../src/cli/seed/demo-tenant.ts';
import { attach } from '../src/platform/embedded/attach.ts';
import { generate } from './generate.ts';
import { median, memory, rounded } from './measure.ts';
import type { Bench } from './result.ts';
import { startServer, type RunningServer } from './server.ts';
import { requireWhole, say, withDirectory } from './stage.ts';

const GOALS = { readyEmptyMs: 15_000, readyInitialisedMs: 3_000, rssIdleMb: 130 };
/** Long enough for what a start leaves behind to be collected. */
const IDLE_MS = 5_000;

/**
 * How long a start takes, on an empty data directory (with the demo seeded) and on an initialised one, and how much
 * memory the server process takes: idle, and while many clients hold rooms.
 */
export const footprint: Bench = async ({ quick }) =>
  withDirectory(async (directory) => {
    const dataDir = join(directory, 'data');
    const start = () => startServer({ HOLDFAST_DATA_DIR: dataDir });
    const first = await start();
    const readyEmptyMs = first.readyMs;
    await first.stop();
    const readyTimes: number[] = [];
    for (let n = 0; n < (quick ? 3 : 9); n++) {
      const server = await start();
      readyTimes.push(server.readyMs);
      await server.stop();
    }
    const server = await start();
    let memoryUsed;
    try {
      memoryUsed = await measureMemory(server, dataDir, quick);
    } finally {
      await server.stop();
    }
    await examine(dataDir);

    const figures = { readyEmptyMs, readyInitialisedMs: median(readyTimes), ...memoryUsed };
    const shares = Object.entries(GOALS).map(([name, goal]) => figures[name as keyof typeof GOALS] / goal);
    return {
      bench: 'footprint',
      ratio: rounded(Math.max(...shares)),
      unit: 'of the goal, worst of three (less is better)',
      ok: shares.every((share) => Number.isFinite(share)),
      goals: GOALS,
      ...Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)])),
    };
  });

async function measureMemory(server: RunningServer, dataDir: string, quick: boolean) {
  await wait(IDLE_MS);
  const idle = await memory(server.pid);
  say(`idle: ${idle?.rssMb.toFixed(0)} MB`);
  const key = (await keptDemoKey(dataDir)) ?? '';
  const rooms = await demoRoomIds(server.url, key);
  const report = await generate(
    {
      url: server.url,
      key,
      traffic: 'intervals',
      ground: {
        base: `/api/v1/${DEMO_SLUG}`,
        rooms,
        places: [],
        from: Date.now() + 30 * 86_400_000,
        run: 0,
        runs: 1,
      },
      connections: 100,
      warmUpSeconds: 1,
      seconds: quick ? 5 : 20,
    },
    { server: { pid: server.pid } },
  );
  const loaded = await memory(server.pid);
  say(`under load: ${loaded?.rssMb.toFixed(0)} MB, at most ${loaded?.peakMb.toFixed(0)} MB`);
  return {
    rssIdleMb: idle?.rssMb ?? NaN,
    rssLoadedMb: loaded?.rssMb ?? NaN,
    rssPeakMb: loaded?.peakMb ?? NaN,
    loadedRate: report.rate,
  };
}

async function demoRoomIds(url: string, key: string): Promise<string[]> {
  const { call, close } = openClient({ url, tenant: DEMO_SLUG, key, connections: 1 });
  const { body } = await call('GET', '/rooms?limit=100&fields=id');
  close();
  return (body as { data: { id: string }[] }).data.map((room) => room.id);
}

async function examine(dataDir: string): Promise<void> {
  const attachment = await attach({ dataDir, say });
  try {
    await requireWhole(attachment.ownerUrl);
  } finally {
    await attachment.release();
  }
}
