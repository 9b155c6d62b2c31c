import { faultPoints, type Kill } from './engine/fault-point.ts';
import { Refusal } from './platform/refusal.ts';

/**
 * The only place that reads the environment: once, checked whole, passed down as a value. The table is also what
 * `holdfast help config` prints.
 */
interface Variable<T> {
  name: string;
  /** What counts when the variable is unset or empty; undefined when that means something of its own (see help). */
  fallback?: string;
  help: string;
  /** Returns the value, or throws with the end of the sentence that begins with the variable's name. */
  parse(text: string): T;
}

type Environment = Readonly<Record<string, string | undefined>>;

function variable<T>(of: Variable<T> & { fallback: string }): Variable<T> & { fallback: string } {
  return of;
}

function optional<T>(of: Omit<Variable<T>, 'fallback'>): Variable<T> {
  return of;
}

const variables = {
  port: variable({
    name: 'PORT',
    fallback: '3000',
    help: 'The port that the server listens on; 0 takes any free one.',
    parse: wholeNumber(0, 65_535),
  }),
  host: variable({
    name: 'HOST',
    fallback: 'localhost',
    help: 'The address that the server listens on; 0.0.0.0 lets other machines in.',
    parse: (text) => text,
  }),
  databaseUrl: optional({
    name: 'DATABASE_URL',
    help: 'PostgreSQL 15 to 18, as postgres://user:password@host:port/database. Unset: an embedded PostgreSQL.',
    parse: databaseUrl,
  }),
  databaseDirectUrl: optional({
    name: 'DATABASE_DIRECT_URL',
    help: "The owner's URL for migrations, not through a pooler. Unset: the same as DATABASE_URL.",
    parse: databaseUrl,
  }),
  databaseReplicaUrl: optional({
    name: 'DATABASE_REPLICA_URL',
    help: 'A streaming replica of DATABASE_URL under the same login: reports, exports and lists of the catalogue that are not kept are read from it while it keeps up. Unset: everything is read from DATABASE_URL.',
    parse: databaseUrl,
  }),
  poolSize: variable({
    name: 'DATABASE_POOL_SIZE',
    fallback: '10',
    help: 'Connections to the database that one server opens at most; as many to the replica.',
    parse: wholeNumber(2, 500),
  }),
  namedStatements: variable({
    name: 'DATABASE_NAMED_STATEMENTS',
    fallback: 'on',
    help: '"off" behind PgBouncer before 1.21, which loses prepared statements.',
    parse: (text) => oneOf('on', 'off')(text) === 'on',
  }),
  dataDir: variable({
    name: 'HOLDFAST_DATA_DIR',
    fallback: './data',
    help: 'Where the embedded PostgreSQL keeps its data.',
    parse: (text) => text,
  }),
  secret: optional({
    name: 'HOLDFAST_SECRET',
    help: 'What private keys, such as those that sign tickets, are encrypted under in the database; the same on every server, and kept safe: without it they are lost. Unset: made once in HOLDFAST_DATA_DIR; with DATABASE_URL, tickets cannot be signed.',
    parse: secret,
  }),
  logLevel: variable({
    name: 'LOG_LEVEL',
    fallback: 'info',
    help: 'What the server logs as JSON lines: trace, debug, info, warn, error, fatal or silent.',
    parse: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  }),
  operatorToken: optional({
    name: 'OPERATOR_TOKEN',
    help: 'What Prometheus and people must send to see /metrics and /api/v1/health/performance. Unset: only this machine sees them; set it where a proxy runs beside the server.',
    parse: secret,
  }),
  slowStatementMs: variable({
    name: 'SLOW_STATEMENT_MS',
    fallback: '100',
    help: 'Statements of the database that take longer are logged by name, in milliseconds.',
    parse: wholeNumber(1, 60_000),
  }),
  slowRequestMs: variable({
    name: 'SLOW_REQUEST_MS',
    fallback: '1000',
    help: 'Requests that take longer are logged by their route, in milliseconds.',
    parse: wholeNumber(1, 60_000),
  }),
  rateLimit: variable({
    name: 'RATE_LIMIT',
    fallback: 'on',
    help: '"off" says that this server takes a load test: without the cap on open holds, the bound on guessing codes and the rate limits that are to come.',
    parse: oneOf('on', 'off'),
  }),
  openHolds: variable({
    name: 'MAX_OPEN_HOLDS',
    fallback: '20',
    help: 'Holds that one client may have open at a time, under whichever keys.',
    parse: wholeNumber(1, 10_000),
  }),
  cache: variable({
    name: 'CACHE',
    fallback: 'on',
    help: '"off" makes every answer anew, to see what the database can do. Sales never look into the cache.',
    parse: oneOf('on', 'off'),
  }),
  redisUrl: optional({
    name: 'REDIS_URL',
    help: 'A Redis that several servers share their kept answers through, as redis://host:6379. Unset: each keeps its own.',
    parse: redisUrl,
  }),
  changesKeptDays: variable({
    name: 'CHANGES_KEPT_DAYS',
    fallback: '400',
    help: 'How long the record of what happened, by whom and when, is kept at least; what is older is deleted.',
    parse: wholeNumber(1, 36_500),
  }),
  sweeper: variable({
    name: 'SWEEPER',
    fallback: 'on',
    help: '"off" stops what recurs: expired holds are left to the next buyer, who may have their time at once in any case.',
    parse: oneOf('on', 'off'),
  }),
  testUnsafe: variable({
    name: 'HOLDFAST_TEST_UNSAFE',
    fallback: '',
    help: "For Holdfast's own tests: takes a guard out, to prove that its test goes red. Needs NODE_ENV=test.",
    parse: oneOf('no-guard', ''),
  }),
  testFault: optional({
    name: 'HOLDFAST_TEST_FAULT',
    help: `For Holdfast's own tests: "<point>:kill:<n>" kills the server at the n-th passage of a point of its batches (${faultPoints.join(', ')}). Needs NODE_ENV=test.`,
    parse: kill,
  }),
};

type Table = typeof variables;
type Value<V> = V extends { fallback: string; parse(text: string): infer T }
  ? T
  : V extends { parse(text: string): infer T }
    ? T | undefined
    : never;

export type Config = Readonly<{ [K in keyof Table]: Value<Table[K]> }>;

export class ConfigError extends Refusal {}

/** The settings of this process. Throws one ConfigError that names every wrong variable. */
export function readConfig(env: Environment = process.env): Config {
  const wrong: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [field, each] of Object.entries<Variable<unknown>>(variables)) {
    const text = env[each.name] || each.fallback;
    try {
      values[field] = text === undefined ? undefined : each.parse(text);
    } catch (error) {
      wrong.push(`${each.name} ${(error as Error).message}`);
    }
  }
  for (const field of ['testUnsafe', 'testFault'] as const)
    if (values[field] && env['NODE_ENV'] !== 'test')
      wrong.push(`${variables[field].name} is refused outside tests (NODE_ENV is not "test")`);
  for (const field of ['databaseDirectUrl', 'databaseReplicaUrl'] as const)
    if (values[field] !== undefined && values['databaseUrl'] === undefined)
      wrong.push(`${variables[field].name} needs DATABASE_URL beside it`);
  if (wrong.length > 0) throw new ConfigError(`Wrong settings: ${wrong.join('; ')}.`);
  return values as Config;
}

/** Every variable with its default and meaning, for `holdfast help config`. */
export function describeConfig(): { name: string; fallback: string; help: string }[] {
  return Object.values<Variable<unknown>>(variables).map(({ name, fallback, help }) => ({
    name,
    fallback: fallback || 'not set',
    help,
  }));
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new Error(`must be a whole number from ${min} to ${max}, not "${text}"`);
  };
}

function oneOf<const T extends string>(...words: T[]): (text: string) => T {
  return (text) => {
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    const named = words.filter((each) => each !== '').map((each) => `"${each}"`);
    throw new Error(`must be ${named.join(' or ')}, not "${text}"`);
  };
}

// The value stays out of the sentence: a wrong one may be nearly right.
function secret(text: string): string {
  if (/^[\x21-\x7e]{16,400}$/.test(text)) return text;
  throw new Error('must be 16 to 400 printable characters without spaces');
}

function kill(text: string): Kill {
  const [, word, nth] = /^(\w+):kill:([1-9]\d{0,8})$/.exec(text) ?? [];
  const point = faultPoints.find((each) => each === word);
  if (point !== undefined) return { point, nth: Number(nth) };
  throw new Error(`must be one of ${faultPoints.join(', ')} and then ":kill:<n>", not "${text}"`);
}

function redisUrl(text: string): string {
  if (URL.canParse(text) && ['redis:', 'rediss:'].includes(new URL(text).protocol)) return text;
  throw new Error('must look like redis://host:6379 or rediss://user:password@host:6380');
}

// The value stays out of the sentence: it holds a password.
function databaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol))
    throw new Error('must look like postgres://user:password@host:5432/database');
  if (url.username === '')
    throw new Error('must name a user, like postgres://user:password@host:5432/database');
  return text;
}
