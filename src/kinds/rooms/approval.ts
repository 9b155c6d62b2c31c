import type { Role } from '../../people/access.ts';
import type { ResolvedLine } from '../kind.ts';
import type { RoomForSale } from './catalogue.ts';

/** Whether somebody must approve a line of this room, and what becomes of the request when another gets its time. */
export function approvalOf(
  { rules }: Pick<RoomForSale, 'rules'>,
  role: Role,
): Pick<ResolvedLine, 'approval' | 'stays'> {
  const { approval, approvalMode = 'exclusive', approvalRoles, collidingRequests } = rules;
  if (approval !== 'required') return {};
  const stays = collidingRequests === 'leave'; // also when staff move the request of a client
  return approvalRoles?.some((free) => free === role) === true
    ? { stays }
    : { stays, approval: approvalMode };
}
