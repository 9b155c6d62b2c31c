import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';

/** The arrows of ARCHITECTURE.md: from each folder, the ones below it that it may import. */
const SHARED = ['people', 'sales', 'messages'];
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  platform: [],
  engine: ['platform'],
  people: ['engine', 'platform'],
  sales: ['engine', 'platform'],
  messages: ['engine', 'platform'],
  kinds: [...SHARED, 'engine', 'platform'],
  worker: [...SHARED, 'engine', 'platform'],
  http: ['kinds', ...SHARED, 'engine', 'platform'],
  cli: ['http', 'worker', 'kinds', ...SHARED, 'engine', 'platform'],
};
const MOST_LINES = 350;

const TESTS = String.raw`\.(test|test-double)\.ts$`;

const rules: IForbiddenRuleType[] = [
  ...Object.entries(MAY_IMPORT).map(([folder, below]) => ({
    name: `${folder}-imports-downwards`,
    comment: `src/${folder} may import ${below.join(', ') || 'nothing of ours'}: what is lower must not know what is higher`,
    severity: 'error' as const,
    from: { path: `^src/${folder}/`, pathNot: TESTS },
    to: {
      path: '^src/',
      pathNot: `^src/(${[folder, ...below].join('|')})/${folder === 'cli' ? '|^src/config.ts$' : ''}`,
    },
  })),
  {
    name: 'kinds-stand-alone',
    comment: 'a kind is added or removed as one folder: what two kinds need belongs below them',
    severity: 'error',
    from: { path: '^src/kinds/([^/]+)/', pathNot: TESTS },
    to: { path: '^src/kinds/[^/]+/', pathNot: '^src/kinds/$1/' },
  },
  {
    name: 'nothing-imports-main',
    comment: 'main starts the program when it is loaded',
    severity: 'error',
    from: {},
    to: { path: '^src/main.ts$' },
  },
  {
    name: 'configuration-is-passed-down',
    comment: 'what reads its own configuration cannot be tested or run twice in one process',
    severity: 'error',
    from: { path: '^src/', pathNot: `^src/cli/|${TESTS}` },
    to: { path: '^src/config.ts$' },
  },
  {
    name: 'no-test-code-in-the-program',
    comment: 'what only tests use must not be loaded by the program',
    severity: 'error',
    from: { path: '^src/', pathNot: TESTS },
    to: { path: `${TESTS}|^(test|bench)/` },
  },
  {
    name: 'no-development-tools-in-the-program',
    comment: 'what the program imports is a dependency and not a development one',
    severity: 'error',
    from: { path: '^src/', pathNot: TESTS },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-circles',
    comment: 'files that need each other are one file, or have a third one between them',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
];

/** Every broken rule below `folder`, as one line that says why it is one. */
async function violations(folder: string): Promise<string[]> {
  const { output } = await cruise(
    ['src'],
    {
      baseDir: folder,
      validate: true,
      ruleSet: { forbidden: rules },
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
    },
    { conditionNames: ['import', 'node', 'default'], exportsFields: ['exports'], extensions: ['.ts', '.js'] },
  );
  const { summary } = output as ICruiseResult;
  return summary.violations.map(({ rule, from, to }) => {
    const why = rules.find(({ name }) => name === rule.name)?.comment ?? '';
    return `${from} -> ${to} (${rule.name}: ${why})`;
  });
}

test('imports follow the arrows', async () => {
  assert.deepEqual(await violations(resolve('.')), []);
});

test('control: a planted import against each arrow is found', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-arrows-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const planted: Record<string, string> = {
    'src/engine/a.ts': "import '../kinds/rooms/a.ts';",
    'src/kinds/rooms/a.ts': "import '../stays/a.ts';",
    'src/kinds/stays/a.ts': "import '../../main.ts';",
    'src/main.ts': "import './platform/a.ts';",
    'src/config.ts': '',
    'src/platform/a.ts': "import '../config.ts';\nimport './b.ts';\nimport './a.test.ts';",
    'src/platform/b.ts': "import './a.ts';",
    'src/platform/a.test.ts': '',
  };
  for (const [path, text] of Object.entries(planted)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const found = (await violations(folder)).join('\n');
  const expected = [
    'engine-imports-downwards',
    'kinds-stand-alone',
    'nothing-imports-main',
    'configuration-is-passed-down',
    'no-test-code-in-the-program',
    'no-circles',
  ];
  for (const name of expected) assert.ok(found.includes(name), `${name} was not found in\n${found}`);
});

test('only src/config.ts reads the environment', async () => {
  const readers = await filesWith(/process\.env\b/);
  assert.deepEqual(readers, ['src/config.ts']);
});

test(`no file is longer than ${MOST_LINES} lines`, async () => {
  const long: string[] = [];
  for (const file of globSync('{src,test,bench,bin}/**/*.{ts,js}')) {
    const lines = (await readFile(file, 'utf8')).split('\n').length - 1;
    if (lines > MOST_LINES) long.push(`${file} has ${lines}`);
  }
  assert.deepEqual(long, []);
});

test('no folder or file is a bucket', () => {
  const buckets = globSync('src/**/{util,utils,common,shared,helper,helpers,types,services,misc}{,.ts}');
  assert.deepEqual(buckets, []);
});

async function filesWith(pattern: RegExp): Promise<string[]> {
  const found: string[] = [];
  for (const file of globSync('src/**/*.ts')) {
    if (!file.endsWith('.test.ts') && pattern.test(await readFile(file, 'utf8'))) found.push(file);
  }
  return found;
}
