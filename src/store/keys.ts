import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Keys for each purpose out of each session secret, so that no key ever serves two. Newest first. */
export interface Keys {
  /** Signs the session cookie. */
  cookie: string[];
  /** Seals what is stored: AES-256, each with a short id that names it. */
  seal: { id: string; key: Buffer }[];
  /** Secret parts of the address that Withings notifies, for use in a path. */
  webhook: string[];
  /** Signs the questions of `npm run doctor`, and what the app answers. */
  doctor: Buffer[];
  /** Makes session ids out of attempts (the newest secret only). */
  sessionId: Buffer;
}

/** @param secrets newest first, one at least */
export function deriveKeys(secrets: string[]): Keys {
  const [newest = ''] = secrets;
  return {
    cookie: secrets.map((secret) => derive(secret, 'cookie signature').toString('base64url')),
    seal: secrets.map((secret) => {
      const key = derive(secret, 'seal');
      return { id: createHash('sha256').update(key).digest('hex').slice(0, 8), key };
    }),
    webhook: secrets.map((secret) => derive(secret, 'webhook path').toString('base64url')),
    doctor: secrets.map((secret) => derive(secret, 'doctor')),
    sessionId: derive(newest, 'session id'),
  };
}

function derive(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'withings-connect', purpose, 32));
}

/** The store's name for a secret that a browser holds: what is stored cannot be used to get in. */
export function hashed(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Where the secret of an installation lies that was given none. */
export function secretFile(dataDir: string): string {
  return join(dataDir, 'session-secret');
}

/**
 * The secret of an installation that was given none: made once and stored in `dataDir`, readable by its owner only.
 * Two processes that start together agree on one, because a hard link is made once or not at all.
 */
export function storedSecret(dataDir: string): string {
  const file = secretFile(dataDir);
  if (!existsSync(file)) makeSecret(file);
  const secret = statSync(file).isFile() ? readFileSync(file, 'utf8').trim() : '';
  if (!/^[0-9a-f]{64}$/.test(secret))
    throw new Error(`${file} is damaged. Restore it; or remove it and let everybody connect again.`);
  return secret;
}

function makeSecret(file: string): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  writeSync(descriptor, randomBytes(32).toString('hex'));
  fsyncSync(descriptor);
  closeSync(descriptor);
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was first
  } finally {
    unlinkSync(draft);
  }
}
