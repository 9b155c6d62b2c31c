import { Command, CommanderError, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { readConfig, type Config } from '../config.ts';
import { ROLES } from '../people/access.ts';
import type { NewKeyOptions } from './key.ts';
import type { NewTenant } from '../people/tenant.ts';
import { outputWidth } from './fill.ts';
import { configHelp } from './help-config.ts';
import type { TimetableOptions } from './replay/command.ts';
import { tell } from './tell.ts';

/** Commands whose exit code 1 says what they found; that they could not look is 2. */
const ANSWERS_ONE = new Set(['doctor', 'perf']);

/** Runs one command line and returns the exit code. Each command's own modules load when it is chosen. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = describe(async (command) => {
    code = await command(readConfig());
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    const failed = ANSWERS_ONE.has(args[0] ?? '') ? 2 : 1;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : failed;
    tell(error);
    return failed;
  }
}

type Run = (command: (config: Config) => Promise<number>) => Promise<void>;

function describe(run: Run): Command {
  const program = new Command('holdfast')
    .description('A booking platform on PostgreSQL that never sells anything twice.')
    .version(manifest.version)
    .exitOverride()
    .configureHelp({ minWidthToWrap: 20 }) // so that a window of 60 columns is still filled line by line
    .helpCommand(false);
  describeRunning(program, run);
  describePeople(program, run);
  describePerf(program, run);
  describeReplay(program, run);
  describeConfigHelp(program);
  describeHelp(program);
  return program;
}

function describeRunning(program: Command, run: Run): void {
  program
    .command('start')
    .description('serve; without DATABASE_URL on an embedded PostgreSQL')
    .action(() => run(async (config) => (await import('./start.ts')).startCommand(config)));
  program
    .command('migrate')
    .description('bring the database to the newest schema')
    .action(() => run(async (config) => (await import('./migrate.ts')).migrateCommand(config)));
  program
    .command('seed')
    .description('add the demo tenant: a university with rooms and a week of bookings')
    .action(() => run(async (config) => (await import('./seed.ts')).seedCommand(config)));
  program
    .command('doctor')
    .description(
      'check every promise against the data, also beside a running server; exit code 1 when one is broken, 2 when nobody could look',
    )
    .option('--json', 'print one JSON object')
    .action((options: { json?: boolean }) =>
      run(async (config) => (await import('./doctor.ts')).doctorCommand(config, options)),
    );
}

/** A word that only introduces others, as in `key create`. */
function group(program: Command, name: string, description: string): Command {
  return program.command(name).description(description).helpCommand(false);
}

function describePeople(program: Command, run: Run): void {
  group(program, 'tenant', 'companies')
    .command('create <slug>')
    .description('add a company; the slug is its name in URLs')
    .option('--name <name>', 'what people read (default: the slug)')
    .option('--timezone <zone>', 'IANA time zone such as Europe/Vienna (default: UTC)')
    .option('--currency <code>', 'ISO 4217 code (default: EUR)')
    .action((slug: string, options: Omit<NewTenant, 'slug'>) =>
      run(async (config) => (await import('./tenant.ts')).createTenantCommand(config, { slug, ...options })),
    );
  const key = group(program, 'key', 'API keys');
  key
    .command('revoke <key>')
    .description('end a key, named by the part before its secret: hf_ and 32 digits')
    .requiredOption('--tenant <slug>', 'the company it belongs to')
    .action((named: string, options: { tenant: string }) =>
      run(async (config) => (await import('./key.ts')).revokeKeyCommand(config, named, options)),
    );
  key
    .command('create')
    .description('make a key and print it, this once')
    .requiredOption('--tenant <slug>', 'the company it belongs to')
    .addOption(new Option('--role <role>', 'what its holder may do').choices(ROLES).makeOptionMandatory())
    .option('--name <name>', 'what it is for', 'command line')
    .option('--client <id>', 'the client whose key it is; with --role client')
    .action((options: NewKeyOptions) =>
      run(async (config) => (await import('./key.ts')).createKeyCommand(config, options)),
    );
}

function describePerf(program: Command, run: Run): void {
  const perf = group(program, 'perf', 'where the time goes, also beside a running server');
  perf
    .command('check-indexes')
    .description(
      'look for indexes that are missing, invalid, duplicate, bloated or unused; exit code 1 when there is something to do, 2 when nobody could look',
    )
    .option('--json', 'print one JSON object')
    .action((options: { json?: boolean }) =>
      run(async (config) => (await import('./perf/check-indexes.ts')).checkIndexesCommand(config, options)),
    );
  perf
    .command('analyze-queries')
    .description(
      'the statements that took the most time, with their plans; needs the extension pg_stat_statements',
    )
    .option('--json', 'print one JSON object')
    .action((options: { json?: boolean }) =>
      run(async (config) =>
        (await import('./perf/analyze-queries.ts')).analyzeQueriesCommand(config, options),
      ),
    );
  perf
    .command('cache-stats')
    .description('what a running server keeps, and how often it had what was asked for')
    .option('--url <url>', 'where the server listens (default: this machine and PORT)')
    .option('--json', 'print one JSON object')
    .action((options: { url?: string; json?: boolean }) =>
      run(async (config) => (await import('./perf/cache-stats.ts')).cacheStatsCommand(config, options)),
    );
}

function describeConfigHelp(program: Command): void {
  const text = (): string => configHelp(outputWidth());
  const config = program.command('config').description('list all settings');
  config.helpInformation = text;
  config.action(() => void process.stdout.write(text()));
}

function describeReplay(program: Command, run: Run): void {
  group(program, 'replay', 'run real bookings of others through a running server')
    .command('timetable <file>')
    .description("plan a university's week (an .ectt file), book it and prove the result")
    .option('--tenant <slug>', 'the company to book in; made when it is missing', 'replay')
    .option('--week <monday>', 'YYYY-MM-DD (default: the next Monday that is at least 7 days ahead)')
    .option('--weeks <n>', 'weeks of the term: each lecture is booked as a weekly series', '1')
    .option('--timezone <zone>', 'where the university is', 'Europe/Berlin')
    .option('--concurrency <n>', 'bookings under way at a time', '16')
    .option('--url <url>', 'where the server listens (default: this machine and PORT)')
    .option('--key <key>', 'an API key of the company with the role admin (default: one is made)')
    .action((file: string, options: Omit<TimetableOptions, 'file'>) =>
      run(async (config) =>
        (await import('./replay/command.ts')).replayTimetableCommand(config, { file, ...options }),
      ),
    );
}

// Commander's own explains the first word only.
function describeHelp(program: Command): void {
  program
    .command('help [command...]')
    .description('explain a command; "help config" lists all settings')
    .action((words: string[]) => {
      let command = program;
      for (const word of words)
        command =
          command.commands.find((each) => each.name() === word) ??
          command.error(`error: unknown command '${word}'`);
      command.outputHelp();
    });
}
