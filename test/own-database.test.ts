import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, suite, test, type TestContext } from 'node:test';
import { asOwner } from '../src/platform/migrate.ts';
import { freshDatabase, onDatabase, type FreshDatabase } from './database.ts';
import { refusal, runProgram, type Program } from './program.ts';

/** The program on a PostgreSQL that is not its own: DATABASE_URL, with the owner's login and with less. */

let database: FreshDatabase;
const login = `own_${randomBytes(6).toString('hex')}`;

before(async () => {
  database = await freshDatabase();
  await sql(`create role ${login} login noinherit password 'geheim'`);
});
after(async () => {
  await sql(`drop role ${login}`);
  await database.close();
});

function sql(text: string): Promise<unknown> {
  return asOwner(database.ownerUrl, (client) => client.query(text));
}

/** The database's URL with another login. */
function as(user: string, password: string): string {
  const url = new URL(database.ownerUrl);
  url.username = user;
  url.password = password;
  return url.href;
}

function run(t: TestContext, args: readonly string[], env: Readonly<Record<string, string>>): Program {
  const program = runProgram(args, { env: { PORT: '0', LOG_LEVEL: 'warn', ...env } });
  t.after(() => program.kill('SIGKILL'));
  return program;
}

async function servesAs(program: Program): Promise<string[]> {
  const [, url = ''] = await program.says(/Holdfast serves on (\S+)/);
  assert.equal((await fetch(`${url}/health/ready`)).status, 200);
  program.kill('SIGINT');
  const { code, stdout, stderr } = await program.ended;
  assert.equal(code, 0, stderr);
  return stdout.split('\n');
}

/** An empty database that goes away after the test, as a function from a login to its URL. */
async function emptyDatabase(t: TestContext): Promise<(user?: string, password?: string) => string> {
  const name = `empty_${randomBytes(6).toString('hex')}`;
  await sql(`create database ${name}`);
  t.after(() => sql(`drop database ${name} with (force)`));
  return (user, password = 'geheim') =>
    onDatabase(user === undefined ? database.ownerUrl : as(user, password), name);
}

suite('DATABASE_URL', () => {
  test("the owner's URL alone is enough", async (t) => {
    const url = await emptyDatabase(t);
    const env = { DATABASE_URL: url() };
    const said = await servesAs(run(t, ['start'], env));
    assert.ok(said.some((line) => line.startsWith('Brought the database to the newest schema')));
    assert.equal((await run(t, ['tenant', 'create', 'acme'], env).ended).code, 0);
    const { stdout } = await run(t, ['doctor', '--json'], env).ended;
    const { promises } = JSON.parse(stdout) as { promises: { id: string; broken: number }[] };
    // The cluster of the tests does not wait for the disk, which the doctor rightly dislikes.
    assert.deepEqual(
      promises.filter(({ broken }) => broken > 0).map(({ id }) => id),
      ['durability-is-on'],
    );
  });

  test("a login without rights serves once the owner's URL has prepared the database", async (t) => {
    const url = await emptyDatabase(t);
    const env = { DATABASE_URL: url(login) };
    assert.match(await refusal(run(t, ['start'], env)), /DATABASE_DIRECT_URL/);
    await servesAs(run(t, ['start'], { ...env, DATABASE_DIRECT_URL: url() }));
    await servesAs(run(t, ['start'], env));
    assert.match(await refusal(run(t, ['doctor'], env), 2), /DATABASE_DIRECT_URL/);
  });

  test('a session that could step over the tenant wall does not serve', async (t) => {
    const url = await emptyDatabase(t);
    const env = { DATABASE_URL: `${url()}?options=-c%20role%3Dnone` };
    assert.match(await refusal(run(t, ['start'], env)), /is a superuser/);
  });

  test('a wrong password is refused in one sentence that does not repeat it', async (t) => {
    const url = await emptyDatabase(t);
    const said = await refusal(run(t, ['start'], { DATABASE_URL: url(login, 'falsch') }));
    assert.match(said, /127\.0\.0\.1:\d+ refuses the connection/);
    assert.doesNotMatch(said, /falsch/);
  });

  test('a database without Holdfast has nothing for the doctor to check', async (t) => {
    const url = await emptyDatabase(t);
    assert.match(await refusal(run(t, ['doctor'], { DATABASE_URL: url() }), 2), /holdfast migrate/);
  });
});
