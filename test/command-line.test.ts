import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProgram } from './program.ts';

test('help explains commands of any depth without touching a database', async () => {
  const top = await runProgram(['help']).ended;
  assert.equal(top.code, 0);
  for (const command of ['start', 'migrate', 'seed', 'doctor', 'tenant', 'key', 'replay', 'config'])
    assert.match(top.stdout, new RegExp(`^ +${command}\\b`, 'm'));
  const deep = await runProgram(['help', 'key', 'create']).ended;
  assert.match(deep.stdout, /--tenant <slug>/);
});

test('what cannot be understood is refused with exit code 1 and a hint', async () => {
  const misspelt = await runProgram(['strat']).ended;
  assert.equal(misspelt.code, 1);
  assert.match(misspelt.stderr, /unknown command 'strat'\n\(Did you mean start\?\)/);
  const incomplete = await runProgram(['key', 'create', '--tenant', 'acme']).ended;
  assert.equal(incomplete.code, 1);
  assert.match(incomplete.stderr, /--role <role>/);
});
