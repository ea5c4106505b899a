import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { connectionTo, createClient } from '../../src/store/postgres/client.ts';
import { inspectPostgres } from '../../src/store/postgres/inspection.ts';
import { postgresPubSub } from '../../src/store/postgres/pubsub.ts';
import { openPostgresRestored } from '../../src/store/postgres/restored.ts';
import { openPostgresStore } from '../../src/store/postgres/store.ts';
import { closing, NOW } from '../store/places.ts';
import { content } from '../store/store-contract.ts';
import { atEnd, freePort, tempDir } from '../support/machine.ts';
import { until } from '../support/until.ts';
import { createCluster, standbyOf } from './cluster.js';
import { DATABASE_URL, newDatabase, newTag, startPostgres, withOperator } from './server.ts';

const [SECRET, OTHER] = ['k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT', 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ'];
const HOUR = 3_600_000;

async function open(url: string, { tag = newTag(), secrets = [SECRET] } = {}) {
  const encryption = createEncryption(deriveKeys(secrets).seal);
  const opened = await openPostgresStore({ url, encryption, tag });
  atEnd(() => opened.store.close());
  return opened;
}

const unfit = (words: string) => ({ code: 'POSTGRES_UNFIT', message: expect.stringContaining(words) });

describe('a PostgreSQL that must not be used is refused by name', () => {
  test.each([
    [{ fsync: 'off' }, 'fsync = off'],
    [{ full_page_writes: 'off' }, 'full_page_writes = off'],
  ])('%j', async (settings, words) => {
    const { url } = await startPostgres(settings as Record<string, string>);
    await expect(open(url())).rejects.toMatchObject(unfit(words));
  });

  test('a standby', async () => {
    const primary = await startPostgres();
    const standby = await standbyOf(primary);
    atEnd(async () => {
      await standby.kill();
      standby.remove();
    });
    await expect(open(standby.url())).rejects.toMatchObject(unfit('leads to a standby'));
  });

  test('one that takes no writes for another reason', async () => {
    const url = `${DATABASE_URL}?options=-c%20default_transaction_read_only%3Don`;
    await expect(open(url)).rejects.toThrow('or default_transaction_read_only is on');
  });

  test('tables of which some are missing', async () => {
    const tag = newTag();
    await open(DATABASE_URL, { tag });
    const schema = tag.replace('-', '_');
    await withOperator(DATABASE_URL, (client) =>
      client.query(`DROP TABLE ${schema}.sessions, ${schema}.calls`),
    );
    await expect(open(DATABASE_URL, { tag })).rejects.toMatchObject(unfit('lacks tables (calls, sessions)'));
    const inspected = inspectPostgres(DATABASE_URL, tag);
    await expect(inspected.readVersion()).rejects.toThrow('lacks tables');
    inspected.close();
  });

  test('tables of a newer version, and records under another secret; a rotation goes through', async () => {
    const tag = newTag();
    const { store } = await open(DATABASE_URL, { tag });
    const session = { key: 'key', data: '{}', idleUntil: HOUR, endsAt: HOUR };
    await store.signIn({
      grant: { id: 'id', expected: null, content },
      session,
      replaces: null,
      attempt: null,
    });
    await expect(open(DATABASE_URL, { tag, secrets: [OTHER] })).rejects.toMatchObject(
      unfit('SESSION_SECRET'),
    );
    expect(
      await (await open(DATABASE_URL, { tag, secrets: [OTHER, SECRET] })).store.readGrant('id'),
    ).toMatchObject(content);
    const schema = tag.replace('-', '_');
    await withOperator(DATABASE_URL, (client) =>
      client.query(`UPDATE ${schema}.meta SET value = '999' WHERE name = 'version'`),
    );
    await expect(open(DATABASE_URL, { tag, secrets: [OTHER, SECRET] })).rejects.toMatchObject(
      unfit('newer version'),
    );
  });

  test('who has a wrong password, or is nobody there, and a database that there is not', async () => {
    const cluster = await createCluster();
    atEnd(async () => {
      await cluster.kill();
      cluster.remove();
    });
    const rules = join(cluster.dir, 'pg_hba.conf');
    writeFileSync(rules, `host all scram 127.0.0.1/32 scram-sha-256\n${readFileSync(rules, 'utf8')}`);
    await cluster.start();
    await cluster.ask(`SET password_encryption = 'scram-sha-256'; -- which is not what PostgreSQL 13 does by itself
      CREATE ROLE scram LOGIN SUPERUSER PASSWORD 'the-right-one'`);
    const as = (user: string, database = 'postgres') => cluster.url(database).replace('test@', `${user}@`);
    await (await open(as('scram:the-right-one'))).store.probe();
    await expect(open(as('scram:a-wrong-one'))).rejects.toMatchObject({
      code: 'POSTGRES_REFUSED',
      message: 'PostgreSQL refuses this user or password',
    });
    await expect(open(as('nobody'))).rejects.toThrow('pg_hba.conf');
    await expect(open(as('test', 'missing'))).rejects.toThrow('no database of that name');
  });

  test('a server that is not there, and a host of no such name', async () => {
    await expect(open('postgres://test@127.0.0.1:9/postgres')).rejects.toThrow('nothing listens');
    await expect(open('postgres://test@no.such.host.invalid/postgres')).rejects.toThrow(
      'no host of that name',
    );
    await expect(open('postgres://test@%2Fnowhere/postgres')).rejects.toThrow('no such socket');
  });

  test('who listens meets the same words', async () => {
    const [schema, encryption] = ['test', createEncryption(deriveKeys([SECRET]).seal)];
    const db = createClient({ url: DATABASE_URL, schema, timeoutMs: 1000 });
    const url = DATABASE_URL.replace(/[^/]*$/, 'missing');
    await expect(postgresPubSub(db, { url, schema, encryption })).rejects.toThrow('no database of that name');
    db.close();
  });
});

test('a role whose commits do not wait is made to wait', async () => {
  const { url } = await startPostgres({ synchronous_commit: 'off' });
  const { durability, store } = await open(url());
  expect(durability).toContain('every change is on disk before it is used');
  await store.probe();
});

test('what is needed is the schema alone: a role that may make none is given it', async () => {
  const owner = await newDatabase();
  await withOperator(owner, (client) =>
    client.query('CREATE ROLE humble LOGIN; CREATE SCHEMA test_humble AUTHORIZATION humble'),
  );
  atEnd(() =>
    withOperator(owner, async (client) => {
      await client.query('DROP SCHEMA test_humble CASCADE; DROP ROLE humble');
    }),
  );
  const url = owner.replace('test@', 'humble@');
  await (await open(url, { tag: 'test-humble' })).store.probe();
  await expect(open(url, { tag: 'test-other' })).rejects.toThrow('may not do all that is needed');
});

test('two that start at once make the tables once', async () => {
  const tag = newTag();
  const stores = await Promise.all([1, 2, 3].map(() => open(DATABASE_URL, { tag })));
  const ids = stores.map(({ store }) => store.grantIdOf({ issuer: 'eu', userId: '1' }));
  expect(new Set(ids).size).toBe(1);
});

describe('TLS', () => {
  async function withTls(name: string) {
    const dir = tempDir();
    const key = join(dir, 'key.pem');
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ];
    const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${name}`];
    execFileSync('openssl', [...args, ...subject, '-keyout', key, '-out', join(dir, 'cert.pem')], {
      stdio: 'ignore',
    });
    const cluster = await createCluster();
    for (const file of ['key.pem', 'cert.pem']) {
      const to = join(cluster.dir, file);
      writeFileSync(to, readFileSync(join(dir, file)));
      chmodSync(to, 0o600);
      if ('uid' in cluster.user) chownSync(to, Number(cluster.user.uid), Number(cluster.user.gid));
    }
    writeFileSync(
      join(cluster.dir, 'postgresql.auto.conf'),
      "ssl = on\nssl_cert_file = 'cert.pem'\nssl_key_file = 'key.pem'\n",
    );
    atEnd(async () => {
      await cluster.kill();
      cluster.remove();
    });
    await cluster.start();
    return { url: cluster.url(), ca: join(dir, 'cert.pem') };
  }

  test('a certificate that is trusted is; another, and one for another name, are not', async () => {
    const { url, ca } = await withTls('IP:127.0.0.1');
    await (await open(`${url}?sslmode=verify-full&sslrootcert=${ca}`)).store.probe();
    await expect(open(`${url}?sslmode=verify-full`)).rejects.toThrow('signed by nobody whom we trust');
    const other = await withTls('DNS:elsewhere.example');
    await expect(open(`${other.url}?sslmode=verify-full&sslrootcert=${other.ca}`)).rejects.toThrow(
      'another host name',
    );
    await expect(open(`${DATABASE_URL}?sslmode=verify-full`)).rejects.toThrow('speaks no TLS there');
  });
});

test.each(['prefer', 'require', 'verify-ca'])(
  'sslmode=%s verifies, whatever the driver makes of it',
  (mode) => {
    const address = 'postgres://host/database?application_name=a';
    expect(connectionTo(`${address}&sslmode=${mode}`).connectionString).toBe(
      `${address}&sslmode=verify-full`,
    );
  },
);

const HAS_POOLER = spawnSync('pgbouncer', ['--version']).status === 0;

(HAS_POOLER ? describe : describe.skip)('a pooler that hands connections on', () => {
  /** Its address, once it answers. */
  async function poolerBefore(address: string): Promise<string> {
    const { hostname, port } = new URL(address);
    const dir = tempDir();
    chmodSync(dir, 0o755);
    const listen = await freePort();
    const lines = [
      ...['[databases]', `* = host=${hostname} port=${port} user=test`],
      ...['[pgbouncer]', 'listen_addr = 127.0.0.1', `listen_port = ${listen}`, 'auth_type = any'],
      ...['pool_mode = transaction', 'default_pool_size = 5'],
    ];
    writeFileSync(join(dir, 'pgbouncer.ini'), `${lines.join('\n')}\n`);
    const user = process.getuid?.() === 0 ? ['-u', 'postgres'] : [];
    const pooler = spawn('pgbouncer', [...user, join(dir, 'pgbouncer.ini')], { stdio: 'ignore' });
    atEnd(() => void pooler.kill('SIGKILL'));
    const url = `postgres://test@127.0.0.1:${listen}/postgres`;
    const answers = () =>
      withOperator(url, (client) => client.query('SELECT 1')).then(
        () => true,
        () => false,
      );
    await until(answers, 'the pooler answers');
    return url;
  }

  test('nothing is heard through it, and everything else works', async () => {
    const { store } = await open(await poolerBefore(DATABASE_URL));
    expect(store.pubsub).toBeNull();
    const session = { key: 'key', data: '{}', idleUntil: HOUR, endsAt: HOUR };
    const grant = { id: 'id', expected: null, content };
    await store.signIn({ grant, session, replaces: null, attempt: null });
    const writeId = String(await store.readWriteId('id'));
    const writes = Array.from({ length: 40 }, () => store.writeGrant('id', writeId, content, 0));
    expect((await Promise.all(writes)).filter((written) => written !== null)).toHaveLength(1);
    expect(await store.readGrant('id')).toMatchObject(content);
  });

  test('who ran behind it and stopped does not keep the operator from holding the store', async () => {
    const tag = newTag();
    const { store } = await open(await poolerBefore(DATABASE_URL), { tag });
    store.close();
    const encryption = createEncryption(deriveKeys([SECRET]).seal);
    const operator = closing(await openPostgresRestored({ url: DATABASE_URL, tag, encryption }));
    await operator.hold(NOW);
    expect(await operator.heldSince()).toBe(NOW);
  });

  test('what nobody can set through it has to be set for the role', async () => {
    const { url } = await startPostgres({ synchronous_commit: 'off' });
    await expect(open(await poolerBefore(url()))).rejects.toMatchObject(unfit('synchronous_commit = off'));
  });
});
