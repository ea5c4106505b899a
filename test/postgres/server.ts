import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { atEnd } from '../support/machine.ts';
import { createCluster } from './cluster.js';

export const DATABASE_URL = String(process.env.TEST_DATABASE_URL);

/** For tables of its own in the database of all suites: a database takes a hundred times as long to make. */
export function newTag(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}

/** A whole database, for programs of their own. */
export async function newDatabase(): Promise<string> {
  const url = new URL(DATABASE_URL);
  const name = newTag().replace('-', '_');
  await withOperator(DATABASE_URL, (client) => client.query(`CREATE DATABASE ${name}`));
  url.pathname = `/${name}`;
  return url.href;
}

/** Speaks to PostgreSQL as an operator does. */
export async function withOperator<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // each question fails for itself
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A server of the test's own. */
export async function startPostgres(settings: Record<string, string> = {}) {
  const cluster = await createCluster(settings);
  atEnd(async () => {
    cluster.thaw();
    await cluster.kill();
    cluster.remove();
  });
  await cluster.start();
  return cluster;
}
