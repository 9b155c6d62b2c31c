import type { Uuid } from '../platform/id.ts';
import { batchRunner, type BatchOptions } from './batch.ts';
import type { Command, Hold, Outcome } from './command.ts';
import { openLanes, type OnBatch } from './lanes.ts';
import { previewHold } from './preview.ts';

export { standingLines, type Approval, type Booking, type BookingLine } from './booking.ts';
export type { Command, Hold, HoldLine, Idempotency, OnBookingCommand, Outcome } from './command.ts';
export type { Needs } from './claim.ts';
export { ONLY_BUCKET } from './claim.ts';
export { readBookings } from './read.ts';

/** The one road to capacity: everything that takes, keeps or gives back goes through `perform`. */
export interface Engine {
  /**
   * Decides and writes one command together with whatever else its tenant asks at the same moment; durable when it
   * resolves. Rejects with a Problem `unavailable` when it could not be decided in time; the same command (same
   * booking id, same key) may then be sent again and takes effect at most once.
   */
  perform(tenant: Uuid, command: Command): Promise<Outcome>;
  /** What a hold would be answered at this moment; nothing is taken and nobody has to wait for it. */
  preview(tenant: Uuid, command: Hold): Promise<Outcome>;
  /** Commands of a tenant that wait: many of them are a rush, in which advice costs more than it is worth. */
  waiting(tenant: Uuid): number;
  /** Finishes what is waiting and turns away what comes after. */
  drain(): Promise<void>;
}

/** `width` batches run at a time, each on one connection; leave connections of the pool for reads. */
export function openEngine({
  width,
  onBatch,
  ...batches
}: BatchOptions & { width: number; onBatch?: OnBatch }): Engine {
  const lanes = openLanes(batchRunner(batches), width, undefined, onBatch);
  return {
    perform: lanes.submit,
    preview: (tenant, command) => previewHold(batches.db, tenant, command),
    waiting: lanes.waiting,
    drain: lanes.drain,
  };
}
