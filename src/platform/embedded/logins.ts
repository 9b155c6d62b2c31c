import type pg from 'pg';

export const SERVING_LOGIN = 'holdfast_server';
const PREPARING = 7_301_556_120_044;

/** Makes the database and the login that serves (neither superuser nor owner of anything) where they do not exist. */
export async function prepareLogins(client: pg.Client, servingPassword: string): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [PREPARING]); // twins may prepare at once
  const { rows } = await client.query<{ login: boolean; database: boolean }>(
    `select exists (select from pg_roles where rolname = $1) as login,
            exists (select from pg_database where datname = 'holdfast') as database`,
    [SERVING_LOGIN],
  );
  if (rows[0]?.login !== true)
    await client.query(
      `create role ${SERVING_LOGIN} login nosuperuser nobypassrls nocreatedb nocreaterole noinherit
       password ${client.escapeLiteral(servingPassword)}`,
    );
  if (rows[0]?.database !== true) await client.query('create database holdfast');
  await client.query('select pg_advisory_unlock($1)', [PREPARING]);
}
