/**
 * The one catalogue of everything a caller can be told: `code` says what kind of problem it is, `reason` which fault.
 * `docs/errors.md` documents each of them and a test keeps the two in step. They are a contract: added, never renamed.
 */
export const catalogue = {
  malformed: { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'A valid API key is needed' },
  forbidden: { status: 403, title: 'This key may not do that' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  capacity_unavailable: { status: 409, title: 'Not available' },
  wrong_state: { status: 409, title: 'Not possible in this state' },
  ticket_refused: { status: 409, title: 'This ticket does not let in' },
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
  too_many_guesses: { status: 429, title: 'Too many wrong codes' },
  headers_too_large: { status: 431, title: 'Request headers too large' },
  internal: { status: 500, title: 'Unexpected error' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof catalogue;

/** What can be wrong at one place of a request, with the sentence that is told when there is none more precise. */
export const reasons = {
  // with `malformed`: it cannot be read
  invalid_json: 'This is not valid JSON.',
  invalid_encoding: 'This is not valid UTF-8.',
  empty_body: 'A JSON body is needed here.',
  too_deep: 'This is nested too deeply.',
  forbidden_key: 'This name is not allowed in a request.',
  duplicate_parameter: 'This parameter may be given only once.',
  invalid_cursor: 'This cursor was not made by this list.',
  invalid_idempotency_key: 'An idempotency key is 1 to 255 printable ASCII characters.',
  invalid_request: 'This is not a valid HTTP request.',
  // with `rule_violated`: it can be read, but not accepted
  missing_field: 'This is needed.',
  unknown_field: 'This is not known here.',
  invalid_type: 'This has the wrong type.',
  invalid_number: 'This must be a whole number, written without quotes.',
  out_of_range: 'This number is too small or too large.',
  invalid_value: 'This is none of the allowed values.',
  invalid_text: 'This text is empty, too long or has characters that are not allowed.',
  invalid_time:
    'This must be a real date or an RFC 3339 time with an offset, such as 2026-11-23T08:00:00+01:00.',
  invalid_time_of_day: 'This must be a time of day from 00:00 to 24:00, such as 08:30.',
  invalid_reference: 'This is not the id of anything that can be used here.',
  invalid_parameter: 'This parameter has a value that is not allowed.',
  not_on_sale: 'This is not on sale yet.',
  sale_not_open: 'The sale has not opened yet.',
  sale_closed: 'The sale is closed.',
  sale_paused: 'The sale is paused.',
  event_cancelled: 'This event was cancelled.',
  over_limit: 'This is more than one order may have.',
  below_taken: 'More is taken than there would be.',
  seats_numbered: 'Here seats are asked for by their ids.',
  mixed_prices: 'These have different prices.',
  not_for_sale: 'This is not sold, or not to you.',
  seat_taken: 'This seat is held or sold.',
  archived: 'This was taken out of the catalogue and can no longer be booked.',
  unknown_timezone: 'This is no IANA time zone, such as Europe/Berlin.',
  too_few_items: 'There are too few entries.',
  too_many_items: 'There are too many entries.',
  duplicate_item: 'Entries may not be repeated.',
  empty_interval: 'The end must lie after the start.',
  interval_too_long: 'The time between start and end is too long.',
  in_past: 'This time has already begun.',
  interval_too_short: 'The time between start and end is too short.',
  off_grid: 'Bookings begin and end at other times here.',
  too_soon: 'This must be booked earlier.',
  too_far: 'This cannot be booked so far ahead.',
  outside_hours: 'It is closed at this time.',
  blacked_out: 'It cannot be booked at this time.',
  role_not_allowed: 'Your role may not book this.',
  room_too_small: 'The room has fewer places.',
  equipment_missing: 'The room does not have this.',
  over_quota: 'This is more than one person may have.',
  invalid_recurrence: 'This is no recurrence rule that can be booked, such as FREQ=WEEKLY;COUNT=15.',
  recurrence_too_frequent: 'A booking can recur daily at most.',
  recurrence_without_end: 'Say when the series ends, with COUNT or UNTIL.',
  too_many_occurrences: 'These are more occurrences than one booking may have.',
  no_occurrence: 'The rule has no occurrence, or fewer than it counts.',
  not_an_occurrence: 'The start must be the first occurrence of the rule.',
  nonexistent_local_time: 'On this day the clocks are put forward and leave this time out.',
  ambiguous_local_time: 'On this day the clocks are put back and show this time twice.',
  not_now: 'Nothing of this booking takes place now. Name the lines that are meant.',
  unknown_line: 'The booking has no such line, or no longer.',
  mixed_approval: 'These lines do not need the same approval. Book them apart.',
  approval_needed:
    'Moving what is confirmed needs approval here. Ask those who approve to move it, or make a new request.',
  dearer: 'This costs more than what was booked.',
  too_late: 'Its time begins before anybody could approve it. Choose a later one.',
  code_unknown: 'There is no such code.',
  code_expired: 'This code can no longer be used.',
  code_not_yet: 'This code cannot be used yet.',
  code_not_applicable: 'This code is for nothing in this order.',
  minimum_not_reached: 'The order is too small for this code.',
  renewal_spent: 'A hold lives for an hour at most, however often it is renewed.',
  transfer_forbidden: 'Tickets of this event cannot be given to somebody else.',
  transfer_to_self: 'The ticket is for this person already.',
  wrong_clock: 'This time cannot be: the clock of the device is wrong.',
  // with `ticket_refused`
  ticket_forged: 'This is no ticket, or nobody signed it.',
  ticket_foreign: 'This ticket is of another company.',
  ticket_other_event: 'This ticket is for another event.',
  ticket_revoked:
    'This ticket is no longer good: the booking was cancelled or moved, or the ticket given away.',
  ticket_not_confirmed: 'The booking is not confirmed.',
  ticket_used: 'This ticket has been used.',
  wrong_entrance: 'This ticket is for another entrance.',
} as const satisfies Record<string, string>;

export type Reason = keyof typeof reasons;

/** Why a line could not have what it asked for; with `capacity_unavailable`. */
export const conflictReasons = {
  slot_taken: 'The time is taken by another booking.',
  sold_out: 'Not enough units are left.',
  overlaps_own_line: 'Another line of the same request takes this time.',
  not_bookable: 'There is no such thing to book, or no longer.',
  limit_reached: 'As many as one may have are taken already.',
  strands_seat: 'A single seat would be left alone, and the row has others that leave none.',
  nothing_fits: 'Nothing of what could be chosen is free.',
} as const satisfies Record<string, string>;

export type ConflictReason = keyof typeof conflictReasons;

/** One fault inside a request. */
export interface Fault {
  /** RFC 6901 pointer into the body, `?name` of a query parameter, or the name of a header. */
  pointer: string;
  reason: Reason;
  detail?: string;
  /** What the rule allows, in the rule's own unit, where it is a rule of the catalogue entry. */
  limit?: number | string;
}

/** Why a line was refused: its 1-based number and the resource that it could not have. */
export interface Conflict {
  line: number;
  resource: string;
  reason: ConflictReason;
  /** Units that could still be had; for counted things. */
  available?: number;
  /** What a limit is called and how much it allows. */
  rule?: string;
  limit?: number;
}

export interface ProblemDetails {
  errors?: readonly Fault[];
  conflicts?: readonly Conflict[];
  alternatives?: readonly unknown[];
  /** Whole seconds after which the same call may succeed; sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /** The dates of a series that cannot be changed as was asked. */
  dates?: readonly string[];
  /** When and where the ticket that is scanned again was used. */
  used?: { at: string; entrance: string | null; device: string | null };
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

/** A request that cannot be read, for one reason. */
export function malformed(pointer: string, reason: Reason, detail: string = reasons[reason]): Problem {
  return new Problem('malformed', detail, { errors: [{ pointer, reason, detail }] });
}

/** A request that can be read but breaks one rule. */
export function ruleViolated(pointer: string, reason: Reason, detail: string = reasons[reason]): Problem {
  return new Problem('rule_violated', detail, { errors: [{ pointer, reason, detail }] });
}

export function unavailable(detail: string, retryAfterSeconds = 1): Problem {
  return new Problem('unavailable', detail, { retryAfterSeconds });
}
