import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { sqliteEngine } from '../store/sqlite/database.ts';
import { whyUnwritable } from '../store/sqlite/startup-checks.ts';
import { type Finding, fails, ok, warn } from './finding.ts';

const MB = 1024 ** 2;

/**
 * Why the store is not opened by this user: what root leaves beside another's file (SQLite's -shm) keeps that one out.
 * Null: it may be.
 */
export function whyNotOpened(dataDir: string): string | null {
  const uid = statSync(dataDir, { throwIfNoEntry: false })?.uid;
  if (uid === undefined || process.getuid?.() !== 0 || uid === 0) return null;
  return `DATA_DIR (${dataDir}) belongs to uid ${uid}: run this as that user, so that no file of root's is left there.`;
}

/** The folder of the embedded store: its owner, its disk, and the room on it. */
export function checkPlace(dataDir: string): Finding[] {
  const stranger = whyNotOpened(dataDir);
  if (stranger !== null)
    return [fails(stranger, 'For instance: setpriv --reuid, docker exec --user, sudo -u.')];
  const fault = whyUnwritable(dataDir);
  if (fault !== null) return [fails(`DATA_DIR: ${fault}`, 'The app does not start before that is mended.')];
  const place = existing(resolve(dataDir));
  const { type, bavail, bsize } = statfsSync(place);
  return [
    ok(`DATA_DIR (${dataDir}) can be written by this user.`),
    checkRoom(bavail * bsize),
    checkDisk(type, dataDir),
  ];
}

/** @param free bytes */
export function checkRoom(free: number): Finding {
  const words = `${Math.floor(free / MB).toLocaleString('en')} MB are free for DATA_DIR.`;
  const todo = 'Make room: with a full disk nobody can connect.';
  if (free < 64 * MB) return fails(words, todo);
  return free < 512 * MB ? warn(words, todo) : ok(words);
}

/** File systems by number (statfs(2)). */
const FAR = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x00c36400, 'Ceph'],
  [0x01021997, '9p'],
]);
const FLEETING = new Map([
  [0x01021994, 'the memory of the machine'],
  [0x858458f6, 'the memory of the machine'],
  [0x794c7630, 'a layer of the container'],
]);

/** @param type of the file system, as statfs(2) has it */
export function checkDisk(type: number, dataDir: string): Finding {
  const [far, fleeting] = [FAR.get(type), FLEETING.get(type)];
  if (far)
    return fails(
      `DATA_DIR (${dataDir}) lies on ${far}: SQLite's locks do not hold there, and records are lost.`,
      'Use a local disk, or PostgreSQL or Redis.',
    );
  if (fleeting)
    return warn(
      `DATA_DIR (${dataDir}) lies in ${fleeting}: with it all connections go.`,
      'Mount a volume there.',
    );
  return ok('It lies on a local disk.');
}

function existing(folder: string): string {
  return existsSync(folder) ? folder : existing(dirname(folder));
}

/** The file, and what opens it. */
export function checkFile(file: string): Finding[] {
  const { version, isForSeveralProcesses } = sqliteEngine();
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return [
    isForSeveralProcesses
      ? ok(`SQLite ${version}.`)
      : warn(
          `SQLite ${version} can lose a write where several programs have the file open.`,
          'Run one process, or take the newest of Node 22, 24 or 26.',
        ),
    log > 64 * MB
      ? warn(
          `Its WAL has ${Math.floor(log / MB)} MB: something keeps it from going into the file.`,
          'Look for a forgotten program that has the file open.',
        )
      : ok(`Its WAL has ${Math.ceil(log / 1024).toLocaleString('en')} KB.`),
  ];
}

/** Whether a second program may write beside the app, if one runs here. */
export function isWriterWelcome(isReady: boolean | null): boolean {
  return isReady === null || sqliteEngine().isForSeveralProcesses;
}
