import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeConfig } from '../config.ts';
import { configHelp } from './help-config.ts';

test('help config names every variable and fits into 60 columns', () => {
  const help = configHelp(60);
  for (const { name } of describeConfig()) assert.ok(help.includes(`${name} (default: `), name);
  const wide = help.split('\n').filter((line) => line.length > 60);
  assert.deepEqual(wide, []);
});
