import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createEncryption } from '../../src/store/encryption.ts';
import { saveGrant } from '../../src/store/grants.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { atEnd, tempDir } from '../support/machine.ts';
import { content } from './store-contract.ts';

const session = { key: 'key', data: '{}', idleUntil: 2, endsAt: 2 };

test('a grant that changes between the look and the write is signed in over, once it holds still', async () => {
  const encryption = createEncryption(deriveKeys([randomBytes(32).toString('hex')]).seal);
  const store = openSqliteStore(join(tempDir(), 'connect.db'), encryption, () => 0);
  atEnd(() => store.close());
  const entry = { session, replaces: null, attempt: null };
  const id = await saveGrant(store, content, entry);
  let others = 3;
  async function readWriteId() {
    const writeId = await store.readWriteId(id);
    if (others-- > 0) await store.writeGrant(id, String(writeId), content, 0);
    return writeId;
  }
  const next = { ...content, accessToken: 'access-1' };
  await saveGrant({ ...store, readWriteId }, next, { ...entry, session: { ...session, key: 'next' } });
  expect((await store.readSession('next', 1))?.grant()).toMatchObject(next);
  others = 99;
  await expect(saveGrant({ ...store, readWriteId }, content, entry)).rejects.toThrow('kept changing');
});
