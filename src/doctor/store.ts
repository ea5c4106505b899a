import { whyNotStarted } from '../operations/not-started.ts';
import { markedWords } from '../store/copy/mark.ts';
import type { InspectedStore } from '../store/inspection.ts';
import { HELD_ADVICE } from '../store/restored.ts';
import { storeFile } from '../store/sqlite/schema.ts';
import { newerThanKnown, STORE_VERSION } from '../store/store.ts';
import { openStoreKey } from '../store/store-key.ts';
import { type Finding, fails, ok, warn } from './finding.ts';
import { checkFile, checkPlace, isWriterWelcome } from './store-file.ts';
import { checkPostgres, checkRedis } from './store-servers.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * The store that the settings name. Writes one row, and removes it again.
 *
 * @param isReady what the app says that runs on this machine; null: none does
 */
export async function checkStore(around: Surroundings, isReady: boolean | null): Promise<Finding[]> {
  const found = await checkKind(around, isReady);
  return isReady === false ? [...found, NOT_READY] : found; // whatever we find: its file may be another one by now
}

async function checkKind(around: Surroundings, isReady: boolean | null): Promise<Finding[]> {
  const { redisUrl, redisDurable, databaseUrl, storeTag, dataDir } = around.config;
  if (redisUrl !== null) {
    const { inspectRedis } = await import('../store/redis/inspection.ts');
    return inspected(() => inspectRedis(redisUrl, storeTag, redisDurable), checkRedis, around);
  }
  if (databaseUrl !== null) {
    const { inspectPostgres } = await import('../store/postgres/inspection.ts');
    return inspected(async () => inspectPostgres(databaseUrl, storeTag), checkPostgres, around);
  }
  const place = checkPlace(dataDir);
  if (place.some(({ verdict }) => verdict === 'fails')) return place;
  const { inspectSqlite } = await import('../store/sqlite/inspection.ts');
  const file = storeFile(dataDir);
  const open = async () => inspectSqlite(file);
  const about = async () => checkFile(file);
  const found = isWriterWelcome(isReady)
    ? await inspected(open, about, around)
    : await inspected(open, about, around, async () => (isReady ? [TAKES_WRITES] : []));
  return [...place, ...found];
}

/** @param about what else there is to say of a store of this kind */
async function inspected<S extends InspectedStore>(
  open: () => Promise<S>,
  about: (store: S) => Promise<Finding[]>,
  around: Surroundings,
  commit: (store: S, around: Surroundings) => Promise<Finding[]> = checkCommit,
): Promise<Finding[]> {
  const { host, port, dataDir } = around.config;
  const found: Finding[] = [];
  let store: S | null = null;
  try {
    store = await open();
    const version = await store.readVersion();
    found.push(checkVersion(version), ...(await about(store)));
    if (version !== STORE_VERSION) return found; // what it looks like is not known
    found.push(...(await checkState(store, around)));
    found.push(...(await commit(store, around)));
  } catch (error) {
    found.push(
      fails(
        whyNotStarted(error, { host, port, dataDir }),
        'The app does not serve without its store: docs/operations.md has each cause.',
      ),
    );
  } finally {
    store?.close();
  }
  return found;
}

function checkVersion(version: number): Finding {
  const newer = newerThanKnown('The store', version);
  if (newer !== null) return fails(newer, 'Install that version again.');
  if (version === 0) return ok('There is no store yet: the first start makes it.');
  return version === STORE_VERSION
    ? ok(`The store opens, and its version is ${version}.`)
    : warn(
        `The store opens, and its version is ${version}; this program's is ${STORE_VERSION}.`,
        'The next start brings it there, and there is no way back: back up before.',
      );
}

async function checkState(store: InspectedStore, { secrets }: Surroundings): Promise<Finding[]> {
  const [mark, held, key] = [await store.readMark(), await store.heldSince(), await store.readKey()];
  return [
    ...(mark ? [fails(markedWords(mark), 'docs/moving.md')] : []),
    ...(held === null
      ? []
      : [warn('The store came back from a backup, and nobody is served.', `W${HELD_ADVICE.slice(1)}`)]),
    ...(key === null ? [] : [opens(key, secrets)]),
  ];
}

function opens(key: string, secrets: Surroundings['secrets']): Finding {
  const todo = 'Set SESSION_SECRET as the app has it; a former one stays behind the new one, after a comma.';
  if (secrets === null) return fails('The store is sealed, and no SESSION_SECRET is set.', todo);
  try {
    openStoreKey(key, secrets.encryption, () => {});
    return ok('SESSION_SECRET opens it.');
  } catch (error) {
    return fails((error as Error).message, todo);
  }
}

const SLOW_MS = 20;

async function checkCommit(store: InspectedStore, { clocks }: Surroundings): Promise<Finding[]> {
  const begun = clocks.monotonic();
  await store.probe();
  const ms = Math.ceil(clocks.monotonic() - begun);
  const words = `It took a row and let it go again in ${ms} ms`;
  return [
    ms > SLOW_MS
      ? warn(
          `${words}, which is slow.`,
          'A refresh waits for three such commits: look at the disk, or the way to the server.',
        )
      : ok(`${words}.`),
  ];
}

/** Nothing is written beside it. */
const TAKES_WRITES = ok(
  'The app says that it takes writes; a second program had better not write beside it (see the version of SQLite).',
);

const NOT_READY = fails(
  'The app says that it cannot serve: the store takes no writes, or is held.',
  'Look at the log: it has the reason.',
);
