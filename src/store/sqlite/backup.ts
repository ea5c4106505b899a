import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { readBatch } from '../copy/contract.ts';
import { markedWords } from '../copy/mark.ts';
import { checkSecrets } from '../copy/verify.ts';
import type { RestorableStore } from '../restored.ts';
import { newerThanKnown } from '../store.ts';
import { readSqliteMark } from './copy.ts';
import { copyDatabase, type Db, openDatabase, readUserVersion } from './database.ts';
import { sqliteStoreKey } from './renaming.ts';
import { heldSince, hold, release } from './restored.ts';
import { migrate, type Opening, openStoreFile } from './schema.ts';

/**
 * Writes everything that is committed at this moment into a new file, which only its owner can read and which is on the
 * disk when this returns. Whoever has the store open goes on meanwhile.
 *
 * @throws Error with the code `EEXIST` when `to` is there, or with the code of what failed; then nothing is left behind
 */
export function backUp(file: string, to: string): void {
  closeSync(openSync(to, 'wx', 0o600)); // the name is ours from here on, and a file that is there stays
  const draft = `${to}.part`;
  try {
    closeSync(openSync(draft, 'wx', 0o600));
  } catch (error) {
    rmSync(to); // and the draft is somebody else's
    throw error;
  }
  try {
    copyDatabase(file, draft);
    sync(draft);
    renameSync(draft, to);
    sync(dirname(to));
  } catch (error) {
    for (const name of [draft, `${draft}-journal`, to]) rmSync(name, { force: true });
    throw error;
  }
}

export interface PutBack {
  grants: number;
  sessions: number;
  /** No grant that was tried is sealed under a secret that is missing. */
  opens: boolean;
  /** Where the store is that was in its place; null: there was none. */
  kept: string | null;
}

/**
 * Puts a backup in the place of a store. What was there is kept beside it, and the new one is held (restored.ts).
 *
 * @param at milliseconds since 1970
 * @throws Error with words for the operator, or with a code; then everything is as it was
 */
export async function putBack(from: string, file: string, opening: Opening, at: number): Promise<PutBack> {
  if (statSync(`${from}-wal`, { throwIfNoEntry: false })?.size) {
    throw new Error(
      `${from} has a -wal beside it: it was copied from a store in use, and is no backup of npm run backup.`,
    );
  }
  const before = takeAlone(file);
  const draft = `${file}.restoring`;
  try {
    copyFileSync(from, draft);
    chmodSync(draft, 0o600);
    const found = await prepare(draft, from, opening, at);
    sync(draft);
    const kept = existsSync(file)
      ? `${file}.before-${new Date(at).toISOString().replaceAll(':', '-')}`
      : null;
    if (kept !== null) {
      for (const end of ['-wal', '-shm', '']) if (existsSync(file + end)) renameSync(file + end, kept + end);
    }
    renameSync(draft, file);
    sync(dirname(file));
    return { ...found, kept };
  } finally {
    before?.close();
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(draft + end, { force: true });
  }
}

/**
 * Opens a store that other means have put back, or that was put back before.
 *
 * @param isAlone no program may have it open: one that runs would not learn that it is held
 * @throws Error with words for the operator
 */
export function openSqliteRestored(file: string, opening: Opening, isAlone: boolean): RestorableStore {
  if (!existsSync(file)) throw new Error(`There is no store at ${file}.`);
  const db = isAlone ? takeAlone(file) : openStoreFile(file, opening);
  if (db === null) throw new Error(`${file} is damaged, or no store of ours.`);
  db.exec('PRAGMA wal_autocheckpoint = 0'); // a program that runs on it does that
  migrate(db, file, opening);
  refuseMarked(db);
  return {
    heldSince: async () => heldSince(db),
    hold: async (at) => hold(db, at),
    release: async () => release(db),
    close: () => (isAlone ? db.close() : db.leave()),
  };
}

/** The draft as a store that is held, on the disk but for its last sync. */
async function prepare(draft: string, from: string, opening: Opening, at: number) {
  const newer = newerThanKnown(from, readUserVersion(draft));
  if (newer !== null) throw new Error(newer);
  const db = openDatabase(draft, 'FULL');
  try {
    checkFile(db, from);
    migrate(db, draft, opening);
    refuseMarked(db);
    db.transaction(() => sqliteStoreKey(db, opening.encryption));
    const sample = readBatch('grants', db.all('SELECT id, write_id, sealed, due_at FROM grants LIMIT 1000'));
    const opens = await checkSecrets(one(sample), opening.encryption);
    const grants = hold(db, at);
    const sessions = Number(db.get('SELECT COUNT(*) AS n FROM sessions WHERE idle_until > ?', at)?.n);
    return { grants, sessions, opens };
  } finally {
    db.close();
  }
}

function checkFile(db: Db, from: string): void {
  const [first] = db.all<{ integrity_check: string }>('PRAGMA integrity_check(1)');
  if (first?.integrity_check !== 'ok') throw new Error(`${from} is damaged: ${first?.integrity_check}`);
  if (!db.get("SELECT 1 FROM sqlite_schema WHERE name = 'grants'")) {
    throw new Error(`${from} is no backup of a store.`);
  }
}

function refuseMarked(db: Db): void {
  const mark = readSqliteMark(db);
  if (mark !== null) throw new Error(markedWords(mark));
}

/**
 * Opens a store that no program has open, and keeps every other out until it is closed. Its WAL has gone into it.
 * Null: there is none, or it is damaged, so that no program can use it.
 */
function takeAlone(file: string): Db | null {
  if (!existsSync(file)) return null;
  let db: Db | null = null;
  try {
    db = openDatabase(file, 'FULL');
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE; COMMIT;');
    return db;
  } catch (error) {
    db?.close();
    if (/^SQLITE_(CORRUPT|NOTADB)/.test(String((error as { code?: unknown }).code))) return null;
    throw error;
  }
}

async function* one<T>(each: T): AsyncGenerator<T> {
  yield each;
}

/** What a file or a folder holds is on the disk. */
function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
