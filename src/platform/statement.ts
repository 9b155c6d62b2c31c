import type { Instant } from './clock.ts';
import { iso } from './clock.ts';

/**
 * Named SQL statements. The name is at once the prepared-statement name, the metric label, the slow-log key
 * and the key under which `test/statements.test.ts` prepares it as `holdfast_app` and compares the parameter
 * and column types declared here with what PostgreSQL says.
 */

interface Scalars {
  uuid: string;
  text: string;
  int4: number;
  int8: number; // read as a number: sums beyond 2^53 minor units are refused by a CHECK
  bool: boolean;
  date: string; // 'YYYY-MM-DD', '-infinity' for the bucket of things that have one
  timestamptz: Instant;
  jsonb: unknown;
  bytea: Buffer;
}
type Scalar = keyof Scalars;
export type SqlType = Scalar | `${Scalar}[]`;
/** A column type; `?` behind it says that the column may be null. */
export type ColumnType = SqlType | `${SqlType}?`;

type FromSql<T> = T extends `${infer S extends Scalar}[]`
  ? Scalars[S][]
  : T extends Scalar
    ? Scalars[T]
    : never;
type ColumnValue<T> = T extends `${infer U}?` ? FromSql<U> | null : FromSql<T>;

export type Columns = Readonly<Record<string, ColumnType>>;
export type Row<C extends Columns> = { [K in keyof C]: ColumnValue<C[K]> };
export type Params<P extends readonly SqlType[]> = {
  [K in keyof P]: P[K] extends `${infer S extends Scalar}[]`
    ? readonly (Scalars[S] | null)[] | null
    : FromSql<P[K]> | null;
};

export interface Statement<P extends readonly SqlType[], C extends Columns> {
  readonly name: string;
  readonly text: string;
  readonly params: P;
  readonly columns: C;
  /**
   * Planned for the values of each call, where they decide how much is read: the plan that PostgreSQL keeps for all values
   * expects one row of any range.
   */
  readonly plannedAnew?: boolean;
}

/** Every statement of the program by name; filled when the modules that define them load. */
export const statements = new Map<string, Statement<readonly SqlType[], Columns>>();

/** Defines one statement. Throws when the name is taken: a name means one SQL text. */
export function statement<const P extends readonly SqlType[], const C extends Columns>(
  name: string,
  definition: Omit<Statement<P, C>, 'name'>,
): Statement<P, C> {
  if (statements.has(name)) throw new Error(`The statement name ${name} is used twice.`);
  const made = { name, ...definition };
  statements.set(name, made);
  return made;
}

/** The values as the wire wants them; arrays of types that never need quoting are joined without scanning them. */
export function encode(types: readonly SqlType[], values: readonly unknown[]): unknown[] {
  return types.map((type, i) => encodeOne(type, values[i]));
}

function encodeOne(type: SqlType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'timestamptz':
      return instantText(value as Instant);
    case 'jsonb':
      return JSON.stringify(value);
    case 'timestamptz[]':
      return plainArray((value as (Instant | null)[]).map((v) => (v === null ? null : instantText(v))));
    case 'uuid[]':
    case 'int4[]':
    case 'int8[]':
    case 'date[]':
    case 'bool[]':
      return plainArray(value as unknown[]);
    case 'jsonb[]':
      return (value as unknown[]).map((v) => (v === null ? null : JSON.stringify(v)));
    default:
      return value;
  }
}

function instantText(at: Instant): string {
  return Number.isFinite(at) ? iso(at) : at > 0 ? 'infinity' : '-infinity';
}

function plainArray(values: readonly unknown[]): string {
  return `{${values.map((v) => v ?? 'null').join(',')}}`;
}
