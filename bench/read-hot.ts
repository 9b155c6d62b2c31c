import { fork } from 'node:child_process';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { BareAnswer } from './bare.ts';
import { described, summary } from './beside-limit.ts';
import { generate, type Watched } from './generate.ts';
import { interleaved, median, rounded } from './measure.ts';
import type { BenchOptions, BenchResult } from './result.ts';
import { onStage, say, type Stage } from './stage.ts';
import { READ_ENCODING, readPaths } from './traffic.ts';

const ROOMS = 200;
const CONNECTIONS = 50;
const GOAL = 0.9;
const LENGTHS = {
  quick: { pairs: 2, warmUpSeconds: 1, seconds: 4 },
  full: { pairs: 11, warmUpSeconds: 1, seconds: 3 }, // short ones: the machine is now faster, now slower
};

/** Reads a list and an availability answer that are kept, and beside it a bare route that sends the same bytes. */
export async function readHot({ quick }: BenchOptions): Promise<BenchResult> {
  const { pairs, ...length } = quick ? LENGTHS.quick : LENGTHS.full;
  const from = Math.ceil(Date.now() / 3_600_000) * 3_600_000;
  const runs = await onStage({ rooms: ROOMS }, async (stage) => {
    const bare = await startBare(stage, from);
    const load = async (name: string, at: { url: string; watched: Watched }, run: number) => {
      const ground = { base: stage.base, rooms: stage.rooms, places: [], from, run, runs: 2 * pairs };
      const order = {
        url: at.url,
        key: stage.key,
        traffic: 'reads' as const,
        ground,
        connections: CONNECTIONS,
      };
      const report = await generate({ ...order, ...length }, at.watched);
      say(`${name} ${described(report)}`);
      return report;
    };
    try {
      return await interleaved(
        pairs,
        (run) => load('holdfast', stage.holdfast, run),
        (run) => load('limit   ', bare, run),
      );
    } finally {
      bare.stop();
    }
  });
  const ratios = runs.a.map((run, pair) => run.rate / (runs.b[pair]?.rate ?? NaN));
  const isWhole = [...runs.a, ...runs.b].every(
    ({ statuses, errors }) => errors === 0 && Object.keys(statuses).join() === '200',
  );
  return {
    bench: 'read-hot',
    ratio: rounded(median(ratios)),
    unit: 'of the limit',
    ok: isWhole,
    goal: GOAL,
    ratios: ratios.map(rounded),
    connections: CONNECTIONS,
    holdfast: summary(runs.a),
    limit: summary(runs.b),
  };
}

async function startBare({ holdfast, base, key, rooms }: Stage, from: number) {
  const answers: BareAnswer[] = [];
  for (const path of readPaths({ base, rooms, from })) answers.push(await answerOf(holdfast.url, path, key));
  const child = fork(new URL('bare.ts', import.meta.url));
  child.send(answers);
  const [url] = (await once(child, 'message')) as [string];
  return { url, watched: { server: { pid: child.pid ?? NaN } }, stop: () => child.disconnect() };
}

/** The bytes as they go over the wire: `fetch` would unpack them. */
async function answerOf(url: string, path: string, key: string): Promise<BareAnswer> {
  const asked = request(url + path, {
    headers: { authorization: `Bearer ${key}`, 'accept-encoding': READ_ENCODING },
  }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const bytes = await buffer(answer);
  if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${bytes.toString()}`);
  const { date: _date, connection: _connection, 'keep-alive': _kept, ...headers } = answer.headers;
  return { url: path, headers: headers as Record<string, string>, base64: bytes.toString('base64') };
}
