import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openVault } from './vault.ts';

const secret = 'a secret of the tests';
const unavailable = (said: RegExp) => ({ code: 'unavailable', message: said });

test('what was sealed opens under the same secret and label, and nobody can read it before', () => {
  const sealed = openVault(secret).seal(Buffer.from('private'), 'mine');
  assert.ok(!sealed.includes('private'));
  assert.notDeepEqual(sealed, openVault(secret).seal(Buffer.from('private'), 'mine'));
  assert.equal(openVault(secret).open(sealed, 'mine').toString(), 'private');
});

test('under another secret or label, changed or cut, it does not open', () => {
  const vault = openVault(secret);
  const sealed = vault.seal(Buffer.from('private'), 'mine');
  const changed = Buffer.from(sealed);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  const other = unavailable(/another HOLDFAST_SECRET/);
  assert.throws(() => openVault('another secret').open(sealed, 'mine'), other);
  assert.throws(() => vault.open(sealed, 'yours'), other);
  assert.throws(() => vault.open(changed, 'mine'), other);
  for (const length of [0, 5, 12, 28])
    assert.throws(() => vault.open(sealed.subarray(0, length), 'mine'), other);
});

test('without a secret it says which setting is missing', () => {
  const vault = openVault(undefined);
  assert.throws(() => vault.seal(Buffer.from('private'), 'mine'), unavailable(/HOLDFAST_SECRET/));
  assert.throws(() => vault.open(Buffer.alloc(60), 'mine'), unavailable(/HOLDFAST_SECRET/));
});
