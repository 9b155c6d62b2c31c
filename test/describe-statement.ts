import type pg from 'pg';

interface Field {
  name: string;
  dataTypeID: number;
}

/** What PostgreSQL says of a statement without running it. */
export interface Description {
  parameters: string[];
  columns: Record<string, string>;
}

/** Prepares `text` under `name` on `client` and describes it; types are named as PostgreSQL names them. */
export async function describeStatement(client: pg.Client, name: string, text: string): Promise<Description> {
  const fields = await client.query(new Describe(name, text)).done;
  const types = await client.query<{ parameters: string[]; columns: string[] }>(
    `select parameter_types::text[] as parameters,
            (select coalesce(array_agg(format_type(oid, null) order by i), '{}')
             from unnest($2::oid[]) with ordinality as of (oid, i)) as columns
     from pg_prepared_statements where name = $1`,
    [name, fields.map((field) => field.dataTypeID)],
  );
  const [row = { parameters: [], columns: [] }] = types.rows;
  return {
    parameters: row.parameters,
    columns: Object.fromEntries(fields.map((field, i) => [field.name, row.columns[i] ?? ''])),
  };
}

/** The protocol's Parse and Describe, which the driver itself only sends together with Execute. */
class Describe {
  readonly done: Promise<Field[]>;
  readonly #name: string;
  readonly #text: string;
  #fields: Field[] = [];
  #settle: { resolve(fields: Field[]): void; reject(error: Error): void };

  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text;
    const { promise, ...settle } = Promise.withResolvers<Field[]>();
    this.done = promise;
    this.#settle = settle;
  }

  submit(connection: pg.Connection): void {
    connection.parse({ name: this.#name, text: this.#text, types: [] }, true);
    connection.describe({ type: 'S', name: this.#name }, true);
    connection.sync();
  }

  handleRowDescription(message: { fields: Field[] }): void {
    this.#fields = message.fields;
  }

  handleError(error: Error): void {
    this.#settle.reject(error);
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#fields);
  }
}
