import { parseCookie } from 'cookie';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import { type Encryption, openSealed } from '../store/encryption.ts';
import { hashed } from '../store/keys.ts';

/** A cookie that only this server reads: sealed, HttpOnly, SameSite=Lax, on https Secure with the `__Host-` prefix. */
export interface SealedCookie<T> {
  /** Everything that the browser brings under its name and that we have sealed. */
  readAll(req: Request): T[];
  set(res: Response, content: T, maxAgeMs: number): void;
  /** Where the browser brings one. */
  clear(req: Request, res: Response): void;
}

export function sealedCookie<T>(
  encryption: Encryption,
  publicUrl: string,
  purpose: string,
  content: z.ZodType<T>,
): SealedCookie<T> {
  const name = cookieName(publicUrl, purpose);
  const attributes = cookieAttributes(publicUrl);
  return {
    readAll: (req) =>
      cookieValues(req, name).flatMap((value) => openSealed(encryption, value, purpose, content) ?? []),
    set(res, value, maxAgeMs) {
      res.cookie(name, encryption.seal(JSON.stringify(value), purpose), { ...attributes, maxAge: maxAgeMs });
    },
    clear(req, res) {
      if (cookieValues(req, name).length > 0) res.clearCookie(name, attributes);
    },
  };
}

/**
 * Ours, and this installation's: all ports of a host share their cookies. So do all paths under `__Host-`, which is why
 * the one below which an installation lies is in the name.
 */
export function cookieName(publicUrl: string, purpose: string): string {
  const { protocol, port, pathname } = new URL(publicUrl);
  const place = pathname === '/' ? '' : hashed(pathname).slice(0, 8);
  const name = ['withings', purpose, port, place].filter(Boolean).join('-');
  return protocol === 'https:' ? `__Host-${name}` : name;
}

export function cookieAttributes(publicUrl: string) {
  const secure = publicUrl.startsWith('https:');
  return { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
}

/** A browser may bring several cookies of one name: set for other paths, or by a parent domain. */
export function cookieValues(req: Request, name: string): string[] {
  return (req.headers.cookie ?? '').split(';').flatMap((pair) => parseCookie(pair)[name] ?? []);
}
