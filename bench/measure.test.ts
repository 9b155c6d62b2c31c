import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { cpuSeconds, interleaved, median, memory } from './measure.ts';

test('runs take turns and each has a number of its own', async () => {
  const order: string[] = [];
  const { a, b } = await interleaved(
    2,
    async (run) => order.push(`a${run}`),
    async (run) => order.push(`b${run}`),
  );
  assert.deepEqual(order, ['a0', 'b1', 'a2', 'b3']);
  assert.deepEqual(
    [a, b],
    [
      [1, 3],
      [2, 4],
    ],
  );
});

test('the median is the middle, or the mean of the middle two', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 2, 9]), 3);
  assert.ok(Number.isNaN(median([])));
});

const linux = process.platform === 'linux';

test(
  'processor time and memory of a process are seen, and its children when asked',
  { skip: !linux && 'needs /proc' },
  async (t) => {
    const burn = 'while (process.cpuUsage().user < 300_000);'; // µs, however busy the machine is
    const script = `
    require('node:child_process').spawn(process.execPath, ['-e', "${burn} process.send(1); setInterval(() => {}, 1e3)"],
      { stdio: [0, 1, 2, 'ipc'] }).on('message', () => process.send('burnt'));`;
    const parent = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      detached: true,
    });
    const pid = parent.pid ?? NaN;
    t.after(() => process.kill(-pid, 'SIGKILL'));
    await once(parent, 'message');
    const alone = (await cpuSeconds(pid)) ?? NaN;
    const family = (await cpuSeconds(pid, true)) ?? NaN;
    assert.ok(family - alone >= 0.25, `${alone} s alone, ${family} s with its child`);
    const { rssMb, peakMb } = (await memory(pid)) ?? { rssMb: NaN, peakMb: NaN };
    assert.ok(rssMb > 10 && peakMb >= rssMb, `${rssMb} MB now, ${peakMb} MB at most`);
  },
);

test('a process that is gone has no figures', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  assert.equal(await cpuSeconds(child.pid ?? NaN), undefined);
  assert.equal(await memory(child.pid ?? NaN), undefined);
});
