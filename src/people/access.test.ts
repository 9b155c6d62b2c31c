import assert from 'node:assert/strict';
import { test } from 'node:test';
import { can, ROLES, type Permission, type Role } from './access.ts';

const permissions: Permission[] = [
  'catalogue.read',
  'catalogue.write',
  'booking.create',
  'booking.read',
  'booking.manage',
  'booking.all',
  'client.manage',
];

test('each role may do what this table says and nothing else', () => {
  const expected: Record<Role, string> = {
    public: 'catalogue.read',
    client: 'catalogue.read booking.create booking.read booking.manage',
    staff: 'catalogue.read booking.create booking.read booking.manage booking.all client.manage',
    admin:
      'catalogue.read catalogue.write booking.create booking.read booking.manage booking.all client.manage',
    owner:
      'catalogue.read catalogue.write booking.create booking.read booking.manage booking.all client.manage',
  };
  for (const role of ['public', ...ROLES] as const)
    assert.equal(permissions.filter((permission) => can(role, permission)).join(' '), expected[role], role);
});
