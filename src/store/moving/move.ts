import { randomBytes } from 'node:crypto';
import { DecryptionError, type Encryption } from '../encryption.ts';
import { unfit } from '../redis/client.ts';
import { type Amounts, openSource, type Source } from './source.ts';
import { openTarget, type Target } from './target.ts';
import { browsers, connections, counter, number, tries } from './words.ts';

export interface MoveOptions {
  /** The SQLite file. */
  file: string;
  url: string;
  tag: string;
  encryption: Encryption;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Takes a line in plain words. */
  tell: (line: string) => void;
  /** How many rows are in memory at a time. */
  batch?: number;
}

/** So many rows come to less than a megabyte, and hold Redis up for some ten milliseconds. */
const BATCH = 250;
/** Attempts that are over are told so for another hour. */
const HOUR = 3_600_000;

/**
 * Moves the embedded store into Redis. May be killed at any point and run again:
 *
 * 1. The file is locked against writes, from the first row that is read to its end. Who runs on it fails meanwhile.
 * 2. Redis is marked (`moving`): no instance starts on it. What is in it is now written by us alone.
 * 3. What an earlier run had brought is taken back, all of it, and then everything is brought anew. The app may have
 *    gone on with the file in between: it has replaced tokens, people have logged out. The file is right, and nothing
 *    was lost by that, as nobody could use what was in Redis. What was in Redis before the first run is not ours to
 *    take back: only what we bring is noted down, together with it.
 * 4. It is counted, so that a Redis which lost some of it on the way is noticed, and is on its disk.
 * 5. The file is closed for good, in the transaction that held the lock. This is the one moment at which the tokens
 *    change hands: before it the app runs on the file alone, after it on Redis alone.
 * 6. The mark goes from Redis. Whoever was killed before that has only this to do.
 *
 * A person who is connected in both keeps the connection in Redis, as people have used that one since; their browsers
 * here stay signed in, on that connection. The tokens here lapse unused.
 *
 * @throws Error with words for the operator, or a code of SQLite or Redis; the file is then as it was
 */
export async function moveStore(options: MoveOptions): Promise<void> {
  const source = openSource(options.file);
  try {
    if (source.movedAt() !== null) return await finishMoved(source, options);
    checkSecrets(source, options);
    source.lock();
    await withTarget(source, options, (target) => move(source, target, options));
  } finally {
    source.close();
  }
}

async function move(source: Source, target: Target, options: MoveOptions): Promise<void> {
  const { tell, now, batch = BATCH, file } = options;
  const at = now();
  const { words } = await target.begin();
  await takeBack(target, tell, batch);
  const found = source.count(at);
  const moved = await bring(source, target, found.sessions, at, options);
  if ((await target.confirm()) !== moved.sessions + moved.attempts) {
    throw unfit('Redis has lost some of what was brought: it was restarted, or emptied.');
  }
  const isOnDisk = await target.settle();
  source.finish(now());
  await target.end();

  tell(
    `Moved: ${connections(moved.grants)}, ${browsers(moved.sessions)} signed in, ${tries(moved.attempts)} to connect.`,
  );
  const kept = found.grants - moved.grants;
  if (kept > 0)
    tell(`${connections(kept)} stayed as they were in Redis, where these people were connected already.`);
  tell(words);
  if (!isOnDisk)
    tell('This Redis did not say whether all of that is on its disk: keep the file until it has a backup.');
  tell(
    `Now start the app with this REDIS_URL. ${file} is closed for good; remove it when Redis has a backup.`,
  );
}

async function bring(
  source: Source,
  target: Target,
  total: number,
  at: number,
  { tell, now, batch = BATCH }: MoveOptions,
): Promise<Amounts> {
  const moved = { sessions: 0, grants: 0, attempts: 0 };
  const told = counter(total, (done) => tell(`${done} browsers, with their connections`));
  for (const rows of source.sessions(at, batch)) {
    const { sessions, grants } = await target.moveSessions(rows, now());
    moved.sessions += sessions;
    moved.grants += grants;
    told(rows.length);
  }
  for (const rows of source.attempts(at - HOUR, batch)) {
    moved.attempts += await target.moveAttempts(rows, now());
  }
  return moved;
}

async function takeBack(target: Target, tell: (line: string) => void, batch: number): Promise<void> {
  let taken = 0;
  for (let more = 1; more > 0; taken += more) more = await target.takeBack(batch);
  if (taken > 0)
    tell(`An earlier run was not finished: took back the ${number(taken)} records it had brought.`);
}

async function finishMoved(source: Source, options: MoveOptions): Promise<void> {
  const wasOpen = await withTarget(source, options, (target) => target.end());
  options.tell(
    wasOpen
      ? 'Everything had arrived already; the app may now use Redis. Start it with this REDIS_URL.'
      : `${options.file} was moved already, and is closed for good. Nothing was left to do.`,
  );
}

async function withTarget<T>(
  source: Source,
  { url, tag, encryption }: MoveOptions,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const run = randomBytes(12).toString('base64url');
  const target = await openTarget({ url, tag, encryption, store: String(source.id()), run });
  try {
    return await work(target);
  } finally {
    target.close();
  }
}

/** Under other secrets the app would hold every connection in Redis for damaged. */
function checkSecrets(source: Source, { encryption, tell }: MoveOptions): void {
  const samples = source.samples();
  const closed = samples.filter(({ id, sealed }) => !opens(encryption, id, sealed));
  if (closed.length === 0) return;
  if (closed.length === samples.length) {
    throw new Error(
      'SESSION_SECRET opens nothing in this store: set the one that the app had. If it made its own, that is in the file session-secret in the same folder.',
    );
  }
  tell(
    'Some connections are sealed under a secret that SESSION_SECRET does not list. They are moved as they are.',
  );
}

function opens(encryption: Encryption, id: string, sealed: string): boolean {
  try {
    encryption.open(sealed, `grant|${id}`);
    return true;
  } catch (error) {
    if (error instanceof DecryptionError) return false;
    throw error;
  }
}
