import { patient, problemIn, refusedBy, type Answer, type Call } from '../client.ts';
import { keyFor } from '../idempotency-key.ts';
import { inParallel } from '../in-parallel.ts';
import type { PlacedLecture } from './plan.ts';

/** A placed lecture with everything its booking needs. */
export interface Appointment {
  readonly lecture: PlacedLecture;
  readonly roomId: string;
  readonly start: string;
  readonly end: string;
  /** Weeks in a row in which it takes place. */
  readonly weeks: number;
}

/** What became of one appointment; `ms` is the time of hold and confirm together. */
export type Outcome = {
  readonly appointment: Appointment;
} & (
  | { readonly booked: true; readonly bookingId: string; readonly replayed: boolean; readonly ms: number }
  | { readonly booked: false; readonly status: number; readonly code: string; readonly detail: string }
);

export type Booked = Extract<Outcome, { readonly booked: true }>;

/** A hold that was never confirmed (its run was ended) is taken up again under a new key; so often at most. */
const MOST_ATTEMPTS = 3;

/**
 * Books the appointments through the API, `width` at a time: hold, then confirm. The idempotency keys follow from
 * `run` (what is replayed, and for which week), course and lecture alone, so a second run repeats the answers of the
 * first. Throws a Refusal when the server does not let this key book at all.
 */
export async function bookAll(
  call: Call,
  run: string,
  appointments: readonly Appointment[],
  width: number,
  onDone: () => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  await inParallel(appointments, width, async (appointment, index) => {
    outcomes[index] = await bookOne(patient(call), run, appointment);
    onDone();
  });
  return outcomes;
}

async function bookOne(call: Call, run: string, appointment: Appointment): Promise<Outcome> {
  const begun = performance.now();
  for (let attempt = 1; ; attempt++) {
    const { course, number } = appointment.lecture;
    const key = keyFor('replay', run, course.name, number, attempt);
    const hold = await call('POST', '/holds', holdOf(appointment), key);
    if (!succeeded(hold)) return declined(appointment, hold);
    const bookingId = (hold.body as { id: string }).id;
    const confirm = await call('POST', `/bookings/${bookingId}/confirm`, {}, key);
    if (succeeded(confirm)) {
      const replayed = hold.replayed && confirm.replayed;
      return { appointment, booked: true, bookingId, replayed, ms: performance.now() - begun };
    }
    if (!hold.replayed || attempt === MOST_ATTEMPTS) return declined(appointment, confirm);
  }
}

function holdOf({ lecture, roomId, start, end, weeks }: Appointment): object {
  const { course, number } = lecture;
  const rrule = weeks === 1 ? {} : { rrule: `FREQ=WEEKLY;COUNT=${weeks}` };
  return {
    lines: [{ kind: 'room', roomId, start, end, ...rrule }],
    note: `${course.name}, lecture ${number} of ${course.lectures}, ${course.teacher}`,
  };
}

function succeeded({ status }: Answer): boolean {
  return status === 200 || status === 201;
}

function declined(appointment: Appointment, answer: Answer): Outcome {
  if (answer.status === 401 || answer.status === 403) throw refusedBy(answer, 'to book');
  const { code, detail } = problemIn(answer);
  return { appointment, booked: false, status: answer.status, code, detail };
}
