import pg from 'pg';

/** Asks for rows that are handed over as they come in; the result has none of them. */
export function rowByRow(
  client: pg.PoolClient,
  query: pg.QueryConfig,
  take: (row: never) => void,
): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const running = client.query(new pg.Query(query));
    running.on('row', (row) => take(row as never));
    running.on('end', resolve);
    running.on('error', reject);
  });
}

/** What a driver's listener throws would end the process: what `take` throws waits until the rows are over. */
export async function carefully<R>(
  take: (row: R) => void,
  work: (take: (row: R) => void) => Promise<unknown>,
): Promise<void> {
  let thrown: { error: unknown } | undefined;
  await work((row) => {
    try {
      if (thrown === undefined) take(row);
    } catch (error) {
      thrown = { error };
    }
  });
  if (thrown !== undefined) throw thrown.error;
}
