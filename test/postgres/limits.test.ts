import { expect, test } from '@jest/globals';
import pg from 'pg';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { createClient } from '../../src/store/postgres/client.ts';
import { openPostgresStore } from '../../src/store/postgres/store.ts';
import { connect } from '../store/places.ts';
import { content } from '../store/store-contract.ts';
import { atEnd } from '../support/machine.ts';
import { DATABASE_URL, newDatabase, newTag, withOperator } from './server.ts';

async function open(url: string) {
  const encryption = createEncryption(deriveKeys(['a secret of the tests']).seal);
  const { store } = await openPostgresStore({ url, encryption, tag: newTag() });
  atEnd(() => store.close());
  return store;
}

const OURS = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY pid`;

test('where the server gives no more connections, those that there are serve everybody', async () => {
  const url = await newDatabase();
  const name = new URL(url).pathname.slice(1);
  await withOperator(url, (operator) =>
    operator.query(`CREATE ROLE ${name} LOGIN CONNECTION LIMIT 3; ALTER DATABASE ${name} OWNER TO ${name}`),
  );
  const store = await open(url.replace('test@', `${name}@`));
  await Promise.all(Array.from({ length: 50 }, () => store.probe()));
  await withOperator(url, async (operator) => expect((await operator.query(OURS)).rows).toHaveLength(3));
});

/** Of a database, for whoever connects from now on. Whether this version knows it. */
function limited(url: string, setting: string): Promise<boolean> {
  return withOperator(url, (operator) =>
    operator.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET ${setting}`).then(
      () => true,
      () => false,
    ),
  );
}

test('a limit on idle connections ends none of ours', async () => {
  const url = await newDatabase();
  if (!(await limited(url, "idle_session_timeout = '500ms'"))) return; // PostgreSQL 13
  await open(url);
  await withOperator(DATABASE_URL, async (operator) => {
    const ours = OURS.replace('current_database()', `'${new URL(url).pathname.slice(1)}'`);
    const before = (await operator.query(ours)).rows;
    const other = new pg.Client({ connectionString: url });
    other.on('error', () => {});
    const ended = new Promise((resolve) => void other.once('end', resolve));
    await other.connect();
    await ended; // it is younger than ours
    expect((await operator.query(ours)).rows).toEqual(before);
  });
});

test('a limit on transactions ends none of ours', async () => {
  const url = await newDatabase();
  await limited(url, "transaction_timeout = '200ms'"); // PostgreSQL 17 and newer
  const db = createClient({ url, schema: 'test', timeoutMs: 10_000 });
  atEnd(() => db.close());
  await expect(db.run('SELECT pg_sleep(0.4)')).resolves.toBe(1);
});

test('after a write that found no room the store takes none until there is room again', async () => {
  const url = await newDatabase();
  const store = await open(url);
  await connect(store, '1');
  const schema = (operator: pg.Client) =>
    operator.query("SELECT schemaname AS name FROM pg_tables WHERE tablename = 'grants'");
  const writeId = String(await store.readWriteId('eu:1'));
  await withOperator(url, async (operator) => {
    await operator.query(`SET search_path = ${(await schema(operator)).rows[0].name}`);
    await operator.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$`);
    for (const table of ['grants', 'messages'])
      await operator.query(
        `CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON ${table} EXECUTE FUNCTION refuse()`,
      );
    await store.probe();
    await expect(store.writeGrant('eu:1', writeId, content, 0)).rejects.toThrow('disk of PostgreSQL is full');
    await expect(store.probe()).rejects.toThrow('disk of PostgreSQL is full');
    await operator.query('DROP FUNCTION refuse CASCADE');
  });
  await store.probe();
});
