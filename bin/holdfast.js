#!/usr/bin/env node
// Runs src/main.ts with Node 24, whichever Node (20 or later) found this file: the sources are TypeScript as it
// is, which Node 20 cannot read. Node 24 comes with the project as an npm package for each system.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const main = new URL('../src/main.ts', import.meta.url);
const own = Number.parseInt(process.versions.node, 10);
const pinned = pinnedNode();

if (own === NEEDED || (own > NEEDED && pinned === undefined)) {
  process.argv[1] = fileURLToPath(main);
  await import(main.href);
} else if (pinned === undefined) {
  console.error(
    `holdfast: Node ${NEEDED} is needed and this is Node ${process.versions.node}. Run "npm ci" first.`,
  );
  process.exitCode = 1;
} else {
  runWith(pinned);
}

function pinnedNode() {
  try {
    const name = `node-${process.platform}-${process.arch}/package.json`;
    return join(dirname(createRequire(import.meta.url).resolve(name)), 'bin', 'node');
  } catch {
    return undefined;
  }
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  const pass = (signal) => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass);
  child.on('error', (error) => {
    console.error(`holdfast: ${node} cannot be run: ${error.message}`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}
