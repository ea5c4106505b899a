import { createEncryption } from '../../src/store/encryption.ts';
import { deriveKeys } from '../../src/store/keys.ts';
import { openPostgresStore, type PostgresOptions } from '../../src/store/postgres/store.ts';
import { storeContract } from '../store/store-contract.ts';
import { atEnd } from '../support/machine.ts';
import { DATABASE_URL, newTag } from './server.ts';

const SECRET = 'k3Jx9qLw2ZpVb7RtYs5NcHd8GfMa4EuT';

async function open(options: Partial<PostgresOptions> = {}) {
  const encryption = createEncryption(deriveKeys([SECRET]).seal);
  const opened = await openPostgresStore({ url: DATABASE_URL, encryption, tag: newTag(), ...options });
  atEnd(() => opened.store.close());
  return opened;
}

async function openTwo() {
  const tag = newTag();
  const hostClock = { now: 1_000_000 };
  const serverClock = () => hostClock.now;
  const { store } = await open({ tag, serverClock });
  const { store: another } = await open({ tag, serverClock });
  return { store, another, hostClock };
}

storeContract('PostgreSQL', openTwo);
