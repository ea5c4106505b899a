import { expect, test } from '@jest/globals';
import type pg from 'pg';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { schemaFor } from '../../src/store/postgres/client.ts';
import { openPostgresStore } from '../../src/store/postgres/store.ts';
import { connect, NOW } from '../store/places.ts';
import { content } from '../store/store-contract.ts';
import { atEnd } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { DATABASE_URL, newTag, withOperator } from './server.ts';

const DAY = 86_400_000;

/** A store with two connections, and what an operator does who holds the grant of the first. */
async function held(work: (operator: pg.Client, store: Opened, schema: string) => Promise<void>) {
  const tag = newTag();
  const encryption = createEncryption(deriveKeys(['a secret of the tests']).seal);
  const { store } = await openPostgresStore({ url: DATABASE_URL, encryption, tag });
  atEnd(() => store.close());
  await connect(store, '1');
  await connect(store, '2');
  await withOperator(DATABASE_URL, async (operator) => {
    await operator.query(`SET search_path = "${schemaFor(tag)}"; SET lock_timeout = '200ms'`);
    await operator.query(`BEGIN; SELECT FROM grants WHERE id = 'eu:1' FOR UPDATE`);
    await work(operator, store, schemaFor(tag));
  });
}

type Opened = Awaited<ReturnType<typeof openPostgresStore>>['store'];

const whoWaits = async (operator: pg.Client, schema: string) => {
  await operator.query('SELECT pg_stat_clear_snapshot()'); // within a transaction it is the first that is repeated
  const sql = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1`;
  return (await operator.query(sql, [`%"${schema}"%`])).rows[0].n;
};

test('a record that somebody holds is waited for by whoever wants it, and fails nobody else', () =>
  held(async (operator, store, schema) => {
    const writeId = String(await store.readWriteId('eu:1'));
    const writes = Array.from({ length: 10 }, () => store.writeGrant('eu:1', writeId, content, 0)); // all that there are
    const failed = Promise.allSettled(writes);
    await until(async () => (await whoWaits(operator, schema)) === 10, 'all of them wait');
    const reads = await Promise.all(Array.from({ length: 200 }, () => store.readGrant('eu:2')));
    expect(reads.every((grant) => grant?.userId === '2')).toBe(true);
    expect((await failed).map(({ status }) => status)).toEqual(Array(10).fill('rejected'));
  }));

test('sessions that are over are ended after their grants are held, as everybody does', () =>
  held(async (operator, store, schema) => {
    const removed = store.removeExpired(NOW + DAY, 10);
    await until(async () => (await whoWaits(operator, schema)) === 1, 'it waits for the grant');
    await operator.query(`DELETE FROM sessions WHERE grant_id = 'eu:1'`); // which the other must not hold yet
    await operator.query('COMMIT');
    await removed;
    expect(await store.readGrant('eu:2')).toBeNull();
  }));
