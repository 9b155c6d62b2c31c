import { spawn } from 'node:child_process';
import { join } from 'node:path';

/**
 * `npm run check`: everything that can be said about the sources without running the program. One line for each step,
 * and what was found at the end, so that one run shows everything that is to be put right.
 */
const STEP_TIMEOUT_MS = 180_000;

interface Step {
  name: string;
  command: readonly string[];
  /** What to do when it fails, where the output does not say so itself. */
  advice?: string;
}

const steps: readonly Step[] = [
  { name: 'format', command: ['prettier', '--check', '.'], advice: 'npx prettier --write .' },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'dead code and dependencies', command: ['knip', '--no-progress'] },
  { name: 'architecture', command: ['node', '--test', 'test/architecture.test.ts'] },
  { name: 'schema dump', command: ['node', 'test/run.ts', 'test/schema.test.ts'], advice: 'npm run schema' },
];

const failures: string[] = [];
for (const step of steps) {
  const begun = performance.now();
  const { ok, output } = await run(step.command);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${seconds.padStart(5)} s  ${step.name}`);
  if (!ok) failures.push(report(step, output));
}
for (const failure of failures) console.log(failure);
if (failures.length > 0) process.exitCode = 1;

function run([program = '', ...args]: readonly string[]): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(join('node_modules/.bin', program), args, { timeout: STEP_TIMEOUT_MS });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

function report({ name, command, advice }: Step, output: string): string {
  const title = `\n== ${name}: ${advice ?? command.join(' ')}`;
  return `${title}\n${output.trim()}`;
}
