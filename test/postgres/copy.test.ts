import { expect, test } from '@jest/globals';
import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { schemaFor } from '../../src/store/postgres/client.ts';
import { openPostgresCopy } from '../../src/store/postgres/copy.ts';
import { openPostgresRestored } from '../../src/store/postgres/restored.ts';
import { openPostgresStore } from '../../src/store/postgres/store.ts';
import { connectionsContract } from '../store/connections-contract.ts';
import { copyContract } from '../store/copy-contract.ts';
import { frozenContract } from '../store/frozen.ts';
import { closing, encryption, fill, type Place, sqlitePlace } from '../store/places.ts';
import { restoredContract } from '../store/restored-contract.ts';
import { DATABASE_URL, newTag, withOperator } from './server.ts';

async function postgresPlace(): Promise<Place & { schema: string }> {
  const tag = newTag();
  const schema = schemaFor(tag);
  const url = DATABASE_URL;
  return {
    schema,
    open: async (seal = encryption) =>
      closing((await openPostgresStore({ url, tag, encryption: seal })).store),
    openCopy: async (role) => closing(await openPostgresCopy({ url, schema, encryption, role })),
    openRestored: async () => closing(await openPostgresRestored({ url, tag, encryption })),
  };
}

connectionsContract('PostgreSQL', postgresPlace);
frozenContract('PostgreSQL', postgresPlace);
restoredContract('PostgreSQL', postgresPlace);
copyContract('SQLite to PostgreSQL', sqlitePlace, postgresPlace);
copyContract('PostgreSQL to SQLite', postgresPlace, sqlitePlace);
copyContract('PostgreSQL to PostgreSQL', postgresPlace, postgresPlace);

test('a write that is under way when the copy begins is in it, or fails', async () => {
  const place = await postgresPlace();
  const store = await place.open();
  await fill(store);
  const { schema } = place;
  await withOperator(DATABASE_URL, async (writer) => {
    await writer.query(`BEGIN; UPDATE ${schema}.sessions SET data = 'last' WHERE idle_until > 0`);
    const copy = await place.openCopy('source');
    const mark = { state: 'frozen', run: 'run', from: 'HERE', to: 'THERE', at: 0 } as const;
    const swapped = copy.swapMark(null, mark);
    await writer.query('COMMIT');
    expect(await swapped).toBe(true);
    const sessions: unknown[] = [];
    for await (const { kind, rows } of copy.records(0)) if (kind === 'sessions') sessions.push(...rows);
    expect(sessions).toHaveLength(3);
    for (const session of sessions) expect(session).toHaveProperty('data', 'last');
    await expect(writer.query(`UPDATE ${schema}.sessions SET data = 'later'`)).rejects.toMatchObject({
      code: 'WC001',
    });
  });
});

test('what is no store of ours, lies under another secret or is being copied is not held', async () => {
  const place = await postgresPlace();
  await expect(place.openRestored()).rejects.toThrow('no store of ours');
  await expect(place.openCopy('source').then((copy) => copy.readMark())).resolves.toBeNull(); // which made the tables
  await place.open();
  const stranger = createEncryption(deriveKeys(['a secret of somebody else']).seal);
  const tag = place.schema.replaceAll('_', '-');
  await expect(openPostgresRestored({ url: DATABASE_URL, tag, encryption: stranger })).rejects.toThrow(
    'SESSION_SECRET',
  );
  const copy = await place.openCopy('source');
  await copy.swapMark(null, { state: 'frozen', run: 'run', from: 'HERE', to: 'THERE', at: 0 });
  await expect(place.openRestored()).rejects.toThrow('being copied');
});
