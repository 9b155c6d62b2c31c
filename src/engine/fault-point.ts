import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from './command.ts';

/**
 * The moments of a batch at which something can go wrong in its own way, in their order: before its transaction; its
 * locks held and its reads done; decided and nothing sent; writes and COMMIT with the socket, the reply not yet in;
 * committed and nobody answered.
 */
export const faultPoints = ['begin', 'locked', 'decided', 'sent', 'committed'] as const;
export type FaultPoint = (typeof faultPoints)[number];

/** Called and waited for at each point of each try of a batch. Only tests have one. */
export type AtFaultPoint = (point: FaultPoint, commands: readonly Command[]) => Promise<void> | void;

export interface Kill {
  point: FaultPoint;
  /** Which passage of this process through the point is its last, from 1. */
  nth: number;
}

/** Ends this process as a power cut would, at the `nth` passage. */
export function killAt({ point, nth }: Kill): AtFaultPoint {
  let passages = 0;
  return (passed) => {
    if (passed === point && (passages += 1) === nth) process.kill(process.pid, 'SIGKILL');
  };
}

const LINGER_MS = 100;

/** Lets others read what this batch has read before it writes: taken without locks, such a race is lost every time. */
export const linger: AtFaultPoint = async (passed) => {
  if (passed === 'locked') await wait(LINGER_MS);
};
