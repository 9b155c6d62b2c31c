/**
 * The one catalogue of everything a caller can be told. `docs/errors.md` documents each code and a test keeps
 * the two in step. Codes are a contract: they are added, never renamed.
 */
export const catalogue = {
  malformed: { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'A valid API key is needed' },
  forbidden: { status: 403, title: 'This key may not do that' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  capacity_unavailable: { status: 409, title: 'Not available' },
  wrong_state: { status: 409, title: 'Not possible in this state' },
  in_use: { status: 409, title: 'Still needed by bookings' },
  already_exists: { status: 409, title: 'Already exists' },
  hold_expired: { status: 410, title: 'The hold has expired' },
  precondition_failed: { status: 412, title: 'Changed by somebody else' },
  too_large: { status: 413, title: 'Request too large' },
  uri_too_long: { status: 414, title: 'URL too long' },
  unsupported_media_type: { status: 415, title: 'Only application/json is accepted' },
  rule_violated: { status: 422, title: 'The request breaks a rule' },
  idempotency_key_reused: { status: 422, title: 'Idempotency key used for another request' },
  precondition_required: { status: 428, title: 'If-Match is needed' },
  internal: { status: 500, title: 'Unexpected error' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof catalogue;

/** One fault inside a request: an RFC 6901 pointer into the body (or `?name`, `header`) and a stable reason. */
export interface Fault {
  pointer: string;
  reason: string;
  detail?: string;
}

/** Why a line was refused: its 1-based number, the resource and a stable reason such as `taken`. */
export interface Conflict {
  line: number;
  resource: string;
  reason: string;
}

export interface ProblemDetails {
  errors?: readonly Fault[];
  conflicts?: readonly Conflict[];
  alternatives?: readonly unknown[];
  /** Whole seconds after which the same call may succeed; sent as `Retry-After`. */
  retryAfterSeconds?: number;
}

/** Anything a caller is told as `application/problem+json`. `detail` says in plain words what to do next. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly details: ProblemDetails;

  constructor(code: ProblemCode, detail: string, details: ProblemDetails = {}) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.details = details;
  }
}

export function notFound(what: string): Problem {
  return new Problem('not_found', `There is no such ${what}.`);
}

/** A request that can be read but breaks a rule; `reason` is the stable word for which one. */
export function ruleViolated(pointer: string, reason: string, detail: string): Problem {
  return new Problem('rule_violated', detail, { errors: [{ pointer, reason, detail }] });
}

export function unavailable(detail: string, retryAfterSeconds = 1): Problem {
  return new Problem('unavailable', detail, { retryAfterSeconds });
}
