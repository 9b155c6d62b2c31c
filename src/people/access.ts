import type { Uuid } from '../platform/id.ts';

/** A company. Its `timezone` (IANA) and `currency` (ISO 4217) hold wherever nothing closer says otherwise. */
export interface Tenant {
  readonly id: Uuid;
  readonly slug: string;
  readonly name: string;
  readonly timezone: string;
  readonly currency: string;
}

/** Roles an API key can have. */
export const ROLES = ['owner', 'admin', 'staff', 'client'] as const;
/** `public` is whoever comes without a key. */
export type Role = (typeof ROLES)[number] | 'public';

/** Who asks: one principal of one tenant. */
export interface Actor {
  readonly tenant: Tenant;
  /**
   * `key:<id>`, `client:<id>` or `public`: what the change log writes down, and whose idempotency keys these are. All keys
   * of one client are one principal.
   */
  readonly principal: string;
  readonly role: Role;
  /** Of a key that is one client's: it books for him alone. */
  readonly clientId: Uuid | null;
}

/**
 * - `catalogue.read`: what can be booked and when it is free
 * - `catalogue.write`: add, change and remove what can be booked
 * - `booking.create`: hold
 * - `booking.read` `booking.manage`: see, or confirm, move and cancel, one's own bookings
 * - `client.manage`: see and change the people a company knows
 * - `booking.all`: the same for everybody's, and what only those do who serve others: approve, check in
 */
export type Permission =
  | 'catalogue.read'
  | 'catalogue.write'
  | 'booking.create'
  | 'booking.read'
  | 'booking.manage'
  | 'booking.all'
  | 'client.manage';

const client: readonly Permission[] = ['catalogue.read', 'booking.create', 'booking.read', 'booking.manage'];
const staff: readonly Permission[] = [...client, 'booking.all', 'client.manage'];
const admin: readonly Permission[] = [...staff, 'catalogue.write'];

const GRANTS: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  public: new Set<Permission>(['catalogue.read']),
  client: new Set(client),
  staff: new Set(staff),
  admin: new Set(admin),
  owner: new Set(admin),
};

export function can(role: Role, permission: Permission): boolean {
  return GRANTS[role].has(permission);
}
