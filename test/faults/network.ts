import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { unless, type FaultRow } from './row.ts';
import type { Stage } from './stage.ts';

const FAULT_MS = 8_000;
const RESET_WITHIN_MS = 200;

function missing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root for a network of its own';
  const lacks = ['nft', 'tc', 'ip'].filter((program) => spawnSync('which', [program]).status !== 0);
  return lacks.length > 0 ? `needs ${lacks.join(', ')} (packages nftables and iproute2)` : undefined;
}

/** Rules for packets to and from PostgreSQL until the returned function takes them away. */
function rule(stage: Stage, ...rules: readonly string[]): () => void {
  const port = new URL(stage.postgres.servingUrl).port;
  const lines = rules.map((each) => `tcp ${each.replace('PORT', port)}`);
  const chain = ['chain out {', 'type filter hook output priority 0', ...lines, '}'];
  execFileSync('nft', ['-f', '-'], { input: `table inet fault {\n${chain.join('\n')}\n}\n` });
  return () => void execFileSync('nft', ['delete', 'table', 'inet', 'fault']);
}

async function heals(stage: Stage, within = 3_000): Promise<string[]> {
  const healed = await stage.untilServed(Date.now());
  return unless(healed < within, `nobody was served for ${healed} ms after it was healed`);
}

async function partition(stage: Stage, direction: 'dport' | 'sport'): Promise<string[]> {
  const from = Date.now();
  const heal = rule(stage, `${direction} PORT drop`);
  await wait(FAULT_MS);
  heal();
  const unknown = stage.told(from, Date.now()).filter(({ what }) => what === 'unknown');
  return [...unless(unknown.length > 0, 'nobody noticed'), ...(await heals(stage))];
}

export const silentPartition: FaultRow = {
  name: 'F10',
  fault: 'nothing reaches PostgreSQL and nobody says so',
  missing,
  strike: (stage) => partition(stage, 'dport'),
};

export const lostReplies: FaultRow = {
  name: 'F10b',
  fault: 'PostgreSQL hears everything, its replies are lost',
  missing,
  strike: (stage) => partition(stage, 'sport'),
};

export const resets: FaultRow = {
  name: 'F11',
  fault: 'connections to PostgreSQL are reset',
  missing,
  strike: async (stage) => {
    const from = Date.now();
    const heal = rule(stage, 'dport PORT reject with tcp reset');
    await wait(3_000);
    const to = Date.now();
    heal();
    const told = stage.told(from + 500, to - 500).filter(({ what }) => what === 'unknown');
    const latencies = told.map(({ sentAt, at }) => at - sentAt).sort((a, b) => a - b);
    const median = latencies[latencies.length >> 1] ?? Infinity;
    return [
      ...unless(median < RESET_WITHIN_MS, `half of the 503 took more than ${median} ms`),
      ...(await heals(stage)),
    ];
  },
};

export const packetLoss: FaultRow = {
  name: 'F11b',
  fault: 'every tenth packet to and from PostgreSQL is lost',
  missing,
  strike: async (stage) => {
    const lose = 'numgen random mod 100 < 10 drop';
    const heal = rule(stage, `dport PORT ${lose}`, `sport PORT ${lose}`);
    await wait(FAULT_MS);
    heal();
    return heals(stage);
  },
};

export const slowLink: FaultRow = {
  name: 'F11c',
  fault: '256 kbit/s to PostgreSQL',
  missing,
  strike: async (stage) => {
    const tc = (...args: string[]) => execFileSync('tc', args);
    tc('qdisc', 'replace', 'dev', 'lo', 'root', 'handle', '1:', 'htb');
    tc(
      'class',
      'add',
      'dev',
      'lo',
      'parent',
      '1:',
      'classid',
      '1:3',
      'htb',
      'rate',
      '256kbit',
      'burst',
      '64kb',
    );
    const heal = rule(stage, 'dport PORT meta priority set 1:3');
    await wait(FAULT_MS);
    heal();
    tc('qdisc', 'del', 'dev', 'lo', 'root');
    return heals(stage);
  },
};
