import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { after, suite, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import {
  freePort,
  homeFor,
  ordinaryUser,
  refusal,
  removeCopies,
  runProgram,
  type Program,
  type User,
} from './program.ts';

/** The program as people meet it: started, stopped, killed and misconfigured, as root and as an ordinary user. */

const isRoot = process.getuid?.() === 0;
const nobody = ordinaryUser();
const READY = /Holdfast serves on (\S+)/;

interface Site {
  user: User | undefined;
  dataDir: string;
  port: number;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Program;
}

/** A data directory and a port of its own; nothing of it is left after the test, also when that fails. */
async function site(t: TestContext, user: User | undefined): Promise<Site> {
  const home = await homeFor(user);
  const dataDir = join(home, 'data');
  const port = await freePort();
  const own = {
    ...{ HOLDFAST_DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: 'warn' },
    SLOW_STATEMENT_MS: '60000', // what a busy machine makes slow is no part of these tests
  };
  const programs: Program[] = [];
  t.after(async () => {
    for (const program of programs) program.kill('SIGKILL');
    await Promise.all(programs.map((program) => program.ended));
    const left = await postmaster(dataDir).catch(() => undefined);
    if (left !== undefined && !(await isGone(left))) process.kill(left, 'SIGKILL');
    await rm(home, { recursive: true, force: true });
  });
  const run: Site['run'] = (args, env = {}) => {
    const program = runProgram(args, { env: { ...own, ...env }, user });
    programs.push(program);
    return program;
  };
  return { user, dataDir, port, run };
}

async function ready(program: Program): Promise<string> {
  const [, url = ''] = await program.says(READY);
  const answer = await fetch(`${url}/health/ready`);
  assert.equal(answer.status, 200);
  return url;
}

async function stop(program: Program, signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
  program.kill(signal);
  const { code, stderr } = await program.ended;
  assert.equal(code, 0, stderr);
}

/** Where the cluster of a data directory lies. */
async function cluster(dataDir: string): Promise<string> {
  const text = await readFile(join(dataDir, 'cluster.json'), 'utf8');
  return resolve(dataDir, (JSON.parse(text) as { directory: string }).directory);
}

/** The process of the embedded PostgreSQL, as its own file says. */
async function postmaster(dataDir: string): Promise<number> {
  return Number.parseInt(await readFile(join(await cluster(dataDir), 'postmaster.pid'), 'utf8'), 10);
}

/** Gone, or dead and not yet reaped by a container without an init. */
async function isGone(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return status === '' || status.includes(') Z ');
}

after(removeCopies);

suite(isRoot ? 'as root' : 'as an ordinary user', () => {
  startsAndStops(undefined);
  runsCommands();
});
suite('as an ordinary user beside root', { skip: isRoot ? false : 'needs root' }, () => {
  startsAndStops(nobody);

  test("root's data directory is refused to others", async (t) => {
    const { run, dataDir } = await site(t, undefined);
    assert.equal((await run(['migrate']).ended).code, 0);
    const other = runProgram(['start'], { env: { HOLDFAST_DATA_DIR: dataDir }, user: nobody });
    assert.match(await refusal(other), /permission denied/);
  });
});

function startsAndStops(user: User | undefined): void {
  test('start serves a demo, Ctrl-C leaves nothing running, and a second start begins nothing anew', async (t) => {
    const { run, dataDir } = await site(t, user);
    const first = run(['start']);
    const url = await ready(first);
    const directory = await cluster(dataDir);
    const pid = await postmaster(dataDir);
    await stop(first);
    await assert.rejects(fetch(url), 'the port still answers');
    assert.ok(await isGone(pid), 'PostgreSQL still runs');

    const second = run(['start']);
    await ready(second);
    assert.equal(await cluster(dataDir), directory);
    await stop(second, 'SIGTERM');
    assert.doesNotMatch((await second.ended).stdout, /newest schema|Seeded/);
  });

  test('after kill -9 of the server the next start adopts its PostgreSQL', async (t) => {
    const { run, dataDir } = await site(t, user);
    const killed = run(['start']);
    await ready(killed);
    const pid = await postmaster(dataDir);
    killed.kill('SIGKILL');
    await killed.ended;
    const next = run(['start']);
    await ready(next);
    assert.equal(await postmaster(dataDir), pid);
    await stop(next);
    assert.ok(await isGone(pid), 'PostgreSQL still runs');
  });
}

function runsCommands(): void {
  test('commands work beside a running server, and what they make is usable at once', async (t) => {
    const { run } = await site(t, undefined);
    const server = run(['start']);
    const url = await ready(server);
    assert.equal((await run(['tenant', 'create', 'acme', '--timezone', 'Europe/Vienna']).ended).code, 0);
    const made = await run(['key', 'create', '--tenant', 'acme', '--role', 'admin']).ended;
    assert.match(made.stdout, /^hf_\S+\n$/);
    const key = made.stdout.trim();
    const status = async () =>
      (await fetch(`${url}/api/v1/acme/bookings`, { headers: { authorization: `Bearer ${key}` } })).status;
    assert.equal(await status(), 200);
    const revoke = (named: string) => run(['key', 'revoke', named, '--tenant', 'acme']).ended;
    assert.match(await refusal(run(['key', 'revoke', 'hf_17', '--tenant', 'acme'])), /That is no key/);
    assert.match(
      await refusal(run(['key', 'revoke', `hf_${'0'.repeat(32)}`, '--tenant', 'acme'])),
      /no such key/,
    );
    assert.equal(await status(), 200);
    assert.equal((await revoke(key.slice(0, 35))).code, 0);
    while ((await status()) === 200);
    assert.equal(await status(), 401);
    assert.equal((await revoke(key)).code, 0);
    await stop(server);
  });

  test('commands work without a server and leave nothing running', async (t) => {
    const { run, dataDir } = await site(t, undefined);
    assert.equal((await run(['tenant', 'create', 'acme']).ended).code, 0);
    assert.equal((await run(['doctor']).ended).code, 0);
    await assert.rejects(postmaster(dataDir), 'PostgreSQL still runs');
  });
}

async function bookings(server: Program): Promise<number> {
  const url = await ready(server);
  const [, key = ''] = await server.says(/Demo API key: +(\S+)/);
  const answer = await fetch(`${url}/api/v1/demo/bookings?page=1&limit=1`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const { pagination } = (await answer.json()) as { pagination: { total: number } };
  assert.ok(pagination.total > 0, 'the demo has no bookings');
  return pagination.total;
}

test(
  "root's data directory that PostgreSQL's user cannot reach points to one that it can",
  { skip: isRoot ? false : 'needs root' },
  async (t) => {
    const { run, dataDir } = await site(t, undefined);
    await chmod(dirname(dataDir), 0o700);
    assert.equal((await run(['tenant', 'create', 'acme']).ended).code, 0);
    const directory = await cluster(dataDir);
    t.after(() => rm(directory, { recursive: true, force: true }));
    assert.match(directory, /^\/var\/lib\/holdfast\//);
    assert.equal((await run(['key', 'create', '--tenant', 'acme', '--role', 'staff']).ended).code, 0);
  },
);

suite('after a disaster', () => {
  test('after kill -9 of everything the next start recovers what was booked', async (t) => {
    const { run, dataDir } = await site(t, undefined);
    const killed = run(['start']);
    const before = await bookings(killed);
    const pid = await postmaster(dataDir);
    killed.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await killed.ended;
    const next = run(['start']);
    assert.equal(await bookings(next), before);
    assert.equal((await run(['doctor']).ended).code, 0);
    await stop(next);
  });

  test('a server whose PostgreSQL is killed brings it back and serves on', async (t) => {
    const { run, dataDir } = await site(t, undefined);
    const server = run(['start']);
    const url = await ready(server);
    process.kill(await postmaster(dataDir), 'SIGKILL');
    await server.says(/is back/);
    assert.equal((await fetch(`${url}/health/ready`)).status, 200);
    await refusal(run(['start']));
    await stop(server);
  });

  test('a second live start on one data directory is refused', async (t) => {
    const { run } = await site(t, undefined);
    const twins = [run(['start'], { PORT: '0' }), run(['start'], { PORT: '0' })];
    const loser = await Promise.race(twins.map((twin) => twin.ended.then(() => twin)));
    assert.match(await refusal(loser), /Another Holdfast server runs on/);
    const winner = twins.find((twin) => twin !== loser) ?? loser;
    await ready(winner);
    await stop(winner);
  });
});

suite('what is printed and what is refused', () => {
  test(
    'the printed lines work when pasted, the same hold again answers 409, and RATE_LIMIT=off is said loudly',
    { skip: without('curl') },
    async (t) => {
      const { run } = await site(t, undefined);
      const server = run(['start'], { RATE_LIMIT: 'off' });
      const [text] = await server.says(/^curl[^]*Paste the hold/m);
      const [list = '', hold = '', confirm = ''] = text.split('\n').filter((line) => line.startsWith('curl'));
      assert.equal((await paste<{ data: unknown[] }>(list)).data.length, 3);
      assert.equal((await paste<{ state: string }>(hold)).state, 'held');
      assert.equal((await paste<{ state: string }>(confirm)).state, 'confirmed');
      assert.equal((await paste<{ status: number }>(hold)).status, 409);
      await stop(server);
      assert.match((await server.ended).stderr, /WARNING: RATE_LIMIT=off/);
    },
  );

  test('a used port is refused, and PostgreSQL does not stay behind', async (t) => {
    const { run, dataDir, port } = await site(t, undefined);
    const other = createServer().listen(port, 'localhost');
    await once(other, 'listening');
    t.after(() => other.close());
    assert.match(await refusal(run(['start'])), new RegExp(`Port ${port} is used`));
    await assert.rejects(postmaster(dataDir));
  });

  test('a data directory that cannot be written is refused', async (t) => {
    const { run, dataDir } = await site(t, isRoot ? nobody : undefined);
    await mkdir(dataDir, { mode: 0o555 }); // root's own, or ours without the right to write
    assert.match(await refusal(run(['start'])), /data.*permission denied/);
  });

  test('a data directory of something else is refused and left as it was', async (t) => {
    const { run, dataDir } = await site(t, undefined);
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'letter.txt'), 'dear');
    assert.match(await refusal(run(['start'])), /not made by Holdfast/);
    assert.deepEqual(await readdir(dataDir), ['letter.txt']);
  });

  test('a data directory of another PostgreSQL is refused', async (t) => {
    const { run, dataDir } = await site(t, undefined);
    await mkdir(dataDir);
    const other = { postgresql: 17, directory: 'postgres', ownerPassword: 'a', servingPassword: 'b' };
    await writeFile(join(dataDir, 'cluster.json'), JSON.stringify(other));
    assert.match(await refusal(run(['start'])), /PostgreSQL 17/);
  });

  test('a wrong setting is refused before anything is made', async (t) => {
    const { run, dataDir } = await site(t, undefined);
    const said = await refusal(run(['start'], { PORT: 'http', RATE_LIMIT: 'never' }));
    assert.match(said, /PORT.*RATE_LIMIT/);
    await assert.rejects(readdir(dataDir));
  });

  test('an unreachable database is refused with its address and without its password', async (t) => {
    const { run } = await site(t, undefined);
    const port = await freePort();
    const said = await refusal(run(['start'], { DATABASE_URL: `postgres://me:geheim@localhost:${port}/x` }));
    assert.match(said, new RegExp(`localhost:${port} cannot be reached`));
    assert.doesNotMatch(said, /geheim/);
  });
});

async function paste<T>(line: string): Promise<T> {
  const { stdout } = await promisify(execFile)('bash', ['-c', line]);
  return JSON.parse(stdout) as T;
}

function without(program: string): string | false {
  return spawnSync(program, ['--version']).status === 0 ? false : `needs ${program}`;
}
