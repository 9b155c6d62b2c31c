import { Temporal } from 'temporal-polyfill';
import {
  Type,
  type Static,
  type TObject,
  type TObjectOptions,
  type TProperties,
  type TSchema,
} from 'typebox';
import type { Instant } from './clock.ts';

/**
 * The building blocks of every request and answer schema. A schema is at once the validator, the TypeScript type
 * and the OpenAPI document, so what is said here is what is checked.
 */

/** An object that refuses fields it does not know. */
export function strict<P extends TProperties>(properties: P, options: TObjectOptions = {}): TObject<P> {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

/** One of several objects told apart by the constant field `tag`; an error then names the one that was meant. */
export function oneOfBy<T extends TSchema[]>(tag: string, choices: readonly [...T]) {
  return Type.Unsafe<Static<T[number]>>({
    type: 'object',
    required: [tag],
    discriminator: { propertyName: tag },
    oneOf: choices,
  });
}

/** The same, or `null`. One type with two words and not a union of two schemas: it is checked and written faster. */
export function nullable<T extends TSchema & { type: string }>(schema: T) {
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, 'null'] });
}

/** May be left out, or null where there is none. */
export function optional<T extends TSchema & { type: string }>(schema: T) {
  return Type.Optional(nullable(schema));
}

/** A UUID as lower-case text: one id has one spelling, so it can be compared and hashed as text. */
export const Id = Type.String({ format: 'uuid', examples: ['0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a'] });

/** The parameters of a path that ends in `/:id`. A value that is no id answers 404 like one that is unknown. */
export const IdPath = Type.Object({ tenant: Type.String({ description: 'Slug of the company' }), id: Id });

/** RFC 3339 with a mandatory offset, a real calendar day and no leap second; `parseInstant` reads it. */
export const InstantText = Type.String({ format: 'date-time', examples: ['2026-11-23T08:00:00+01:00'] });

/** A calendar day, `2026-11-23`. */
export const DateText = Type.String({ format: 'date', examples: ['2026-11-23'] });

/** An IANA time zone, `Europe/Berlin`. */
export const Timezone = Type.String({ format: 'timezone', maxLength: 64, examples: ['Europe/Berlin'] });

/** A time on the clock of a day, `08:30`; `24:00` is its end. */
export const TimeOfDay = Type.String({ format: 'time-of-day', examples: ['08:30'] });

/** One line of text that starts and ends visibly and has no control characters: names, labels, words. */
export function Name(maxLength = 200) {
  return Type.String({
    minLength: 1,
    maxLength,
    pattern: '^[^\\p{Cc}\\s](?:[^\\p{Cc}]*[^\\p{Cc}\\s])?$',
  });
}

/** What unlocks a price that is not shown to everybody. */
export const AccessCode = Name(100);

/** Text of several lines: notes, reasons, descriptions. */
export function Note(maxLength = 2_000) {
  return Type.String({ maxLength, pattern: '^(?:[^\\p{Cc}]|[\\t\\n\\r])*$' });
}

/** A whole number; the default bounds are those of PostgreSQL's `int`. */
export function Whole(minimum = 0, maximum = 2_147_483_647, options: { default?: number } = {}) {
  return Type.Integer({ minimum, maximum, ...options });
}

/** An amount in the smallest unit of its currency. */
export const AmountMinor = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** The body of every error (RFC 9457). */
export const ProblemBody = Type.Object(
  {
    type: Type.String({ description: 'Where this kind of problem is described' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What happened and what to do next' }),
    code: Type.String({ description: 'Stable word to switch on' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({
            description: 'JSON pointer into the body, `?name` of a parameter or the name of a header',
          }),
          reason: Type.String({ description: 'Stable word for what is wrong there' }),
          detail: Type.Optional(Type.String()),
          limit: Type.Optional(
            Type.Unsafe<number | string>({
              type: ['integer', 'string'],
              description: 'What the rule allows, in its own unit',
            }),
          ),
        }),
      ),
    ),
    conflicts: Type.Optional(
      Type.Array(
        Type.Object({
          line: Type.Integer(),
          resource: Type.String(),
          reason: Type.String(),
          available: Type.Optional(Type.Integer()),
          rule: Type.Optional(Type.String({ description: 'The limit that was reached' })),
          limit: Type.Optional(Type.Integer({ description: 'How much it allows' })),
        }),
        {
          description: 'What stood in the way: the number of the line, the resource and a stable word',
        },
      ),
    ),
    alternatives: Type.Optional(Type.Array(Type.Unknown(), { description: 'What could be had instead' })),
    dates: Type.Optional(
      Type.Array(Type.String(), { description: 'The dates of a series that cannot be changed as was asked' }),
    ),
    used: Type.Optional(
      Type.Object(
        {
          at: Type.String(),
          entrance: nullable(Type.String()),
          device: nullable(Type.String()),
        },
        { description: 'When and where a ticket that is scanned again was used' },
      ),
    ),
    requestId: Type.String(),
  },
  { title: 'Problem' },
);

/** The checks behind the `format`s above, by name; a schema that names any other format is refused at start. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  uuid: (text) => UUID.test(text),
  'date-time': (text) => readInstant(text) !== undefined,
  date: isDate,
  'time-of-day': (text) => TIME_OF_DAY.test(text),
  timezone: isTimezone,
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const INSTANT =
  /^(\d{4}-\d\d-\d\d)[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const TIME_OF_DAY = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;
export const FIRST_INSTANT = Date.parse('0001-01-01T00:00:00Z');
/** The last moment that can be written with a year of four digits. */
export const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z');

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The moment that a text of the format `date-time` means, cut to milliseconds. Throws RangeError on any other text. */
export function parseInstant(text: string): Instant {
  const at = readInstant(text);
  if (at === undefined) throw new RangeError('This is no RFC 3339 time with an offset.');
  return at;
}

export function instantOrNull(text: string | null): Instant | null {
  return text === null ? null : parseInstant(text);
}

function readInstant(text: string): Instant | undefined {
  const day = INSTANT.exec(text)?.[1];
  if (day === undefined || !isDate(day)) return undefined;
  const at = Date.parse(text.toUpperCase());
  return at >= FIRST_INSTANT && at <= LAST_INSTANT ? at : undefined; // an offset can lead out of the years that can be written
}

export function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)?.map(Number) ?? [];
  if (!year || !month || !day) return false; // there is no year, month or day 0
  return month <= 12 && day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
}

/** A zone that the program and the database know by this name: Intl also knows IST and PST, which Temporal does not. */
export function isTimezone(text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) return false; // plain offsets such as +02:00 know no daylight saving
  if (text.toLowerCase() === 'us/pacific-new') return false; // left the IANA database, and PostgreSQL, in 2020
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text);
    return true;
  } catch {
    return false;
  }
}
