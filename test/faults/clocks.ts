import { existsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { unless, type FaultRow } from './row.ts';
import type { Stage } from './stage.ts';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const HOUR_MS = 3_600_000;
const STEPS = [0, 1].map((i) => join(tmpdir(), `holdfast-clock-${process.pid}-${i}`));

function faked(file: string): Record<string, string> {
  writeFileSync(file, '+0s\n');
  // Without the monotonic clock left alone Node aborts.
  return {
    LD_PRELOAD: LIBRARY,
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
  };
}

async function hold(stage: Stage, server: 0 | 1, start: number | string, end: number | string, room = 0) {
  const [from, to] = [start, end].map((at) => (typeof at === 'number' ? new Date(at).toISOString() : at));
  const lines = [{ kind: 'room', roomId: stage.rooms[room], start: from, end: to }];
  const answer = await stage.call(server, 'hold', '/holds', { lines, ttlSeconds: 600 });
  return { ...answer, body: answer.body as { id: string; expiresAt: string; code?: string } };
}

export const wrongClocks: FaultRow = {
  name: 'F16',
  fault: 'the clock of one server 2 h ahead, of the other 10 min behind',
  missing: () => (existsSync(LIBRARY) ? undefined : 'needs libfaketime'),
  get env() {
    return existsSync(LIBRARY) ? ([faked(STEPS[0] ?? ''), faked(STEPS[1] ?? '')] as const) : undefined;
  },
  strike: async (stage) => {
    writeFileSync(STEPS[0] ?? '', '+2h\n');
    writeFileSync(STEPS[1] ?? '', '-10m\n');
    await wait(3_000);
    const complaints: string[] = [];
    for (const server of [0, 1] as const) {
      const made = await hold(
        stage,
        server,
        Date.UTC(2034, 0, 1 + server),
        Date.UTC(2034, 0, 1 + server) + HOUR_MS,
      );
      const lives = Date.parse(made.body.expiresAt) - Date.now();
      complaints.push(...unless(Math.abs(lives - 600_000) < 5_000, `a hold of 600 s lives ${lives} ms`));
      const confirmed = await stage.call(
        server === 0 ? 1 : 0,
        'confirm',
        `/bookings/${made.body.id}/confirm`,
        {},
      );
      complaints.push(
        ...unless(confirmed.status === 200, `its confirmation was answered ${confirmed.status}`),
      );
      const soon = Date.now() + HOUR_MS / 2;
      const starting = await hold(stage, server, soon, soon + 60_000, 1 + server);
      complaints.push(
        ...unless(starting.status === 201, `a start in half an hour was answered ${starting.status}`),
      );
      const past = Date.now() - HOUR_MS / 12;
      const late = await hold(stage, server, past, past + 60_000, 1 + server);
      complaints.push(...unless(late.status === 422, `a start 5 minutes ago was answered ${late.status}`));
    }
    return complaints;
  },
};

export const zones: FaultRow = {
  name: 'F17',
  fault: 'servers in St John’s and on Lord Howe Island, across changes of the clocks',
  env: [{ TZ: 'America/St_Johns' }, { TZ: 'Australia/Lord_Howe' }],
  strike: async (stage) => {
    const complaints: string[] = [];
    for (const [start, end, utc] of [
      ['2027-03-28T01:30:00+01:00', '2027-03-28T03:30:00+02:00', '2027-03-28T00:30:00.000Z'],
      ['2027-10-31T02:30:00+02:00', '2027-10-31T02:30:00+01:00', '2027-10-31T00:30:00.000Z'],
    ] as const) {
      const made = await hold(stage, 0, start, end);
      const twice = await hold(stage, 1, utc, new Date(Date.parse(utc) + HOUR_MS).toISOString());
      const [day] = utc.split('T');
      const window = `from=${day}T00:00:00Z&to=${day}T06:00:00Z`;
      const seen = await Promise.all(
        stage.servers.map(async (server) => {
          const { body } = await server.call('GET', `/rooms/${stage.rooms[0]}/availability?${window}`);
          return JSON.stringify((body as { busy: unknown }).busy);
        }),
      );
      const expected = JSON.stringify([
        { start: utc, end: new Date(Date.parse(utc) + HOUR_MS).toISOString() },
      ]);
      complaints.push(
        ...unless(made.status === 201, `${start} was answered ${made.status}`),
        ...unless(twice.status === 409, `the same time again was answered ${twice.status}`),
        ...unless(
          seen.every((busy) => busy === expected),
          `busy is ${seen.join(' and ')}, not ${expected}`,
        ),
      );
    }
    return complaints;
  },
};
