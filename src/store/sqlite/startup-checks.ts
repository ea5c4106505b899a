import { accessSync, constants, existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const { R_OK, W_OK, X_OK } = constants;
const OURS = /\.db(-wal|-shm)?$|^session-secret$/;

/**
 * Why this program cannot write in a folder and to its own files there, and the command that mends it; null: it can. A
 * folder that does not exist yet is judged by the one that it will lie in.
 */
export function whyUnwritable(dir: string): string | null {
  const folder = resolve(dir);
  const place = existing(folder);
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory()) return `${place} is no folder.`;
  const places = [place, ...(place === folder ? filesIn(folder) : [])];
  for (const each of places) {
    const code = whyNoAccess(each);
    if (code === 'EROFS') return `${each} lies on a volume that is read-only: mount it writable.`;
    if (code !== null) return `${ownershipOf(each)}: ${remedyFor(each, folder)}`;
  }
  return null;
}

/** A link that leads nowhere is there. */
function existing(folder: string): string {
  return lstatSync(folder, { throwIfNoEntry: false }) ? folder : existing(dirname(folder));
}

function filesIn(folder: string): string[] {
  if (whyNoAccess(folder) !== null) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.flatMap((entry) =>
    entry.isFile() && OURS.test(entry.name) ? join(folder, entry.name) : [],
  );
}

/** The code of the system; null: this process may read it and write there. */
function whyNoAccess(place: string): string | null {
  try {
    accessSync(place, statSync(place).isDirectory() ? R_OK | W_OK | X_OK : R_OK | W_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

function ownershipOf(place: string): string {
  const { uid, mode } = statSync(place);
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return `${place} belongs to uid ${uid} with mode ${octal}, and this program runs as uid ${process.getuid?.()}`;
}

function remedyFor(place: string, folder: string): string {
  const us = `${process.getuid?.()}:${process.getgid?.()}`;
  if (!existsSync(folder)) return `mkdir -p ${folder} && chown ${us} ${folder}`;
  return statSync(place).uid === process.getuid?.() ? `chmod -R u+rwX ${folder}` : `chown -R ${us} ${folder}`;
}
