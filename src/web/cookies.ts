import { parseCookie } from 'cookie';
import type { Request, Response } from 'express';

/** A cookie that only this server reads: HttpOnly, SameSite=Lax, on https Secure with the `__Host-` prefix. */
export interface OwnCookie {
  read(req: Request): string | undefined;
  set(res: Response, value: string, maxAgeMs: number): void;
  clear(res: Response): void;
}

export function ownCookie(publicUrl: string, name: string): OwnCookie {
  const secure = publicUrl.startsWith('https:');
  const fullName = secure ? `__Host-${name}` : name;
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
  return {
    read: (req) => parseCookie(req.headers.cookie ?? '')[fullName],
    set: (res, value, maxAgeMs) => void res.cookie(fullName, value, { ...attributes, maxAge: maxAgeMs }),
    clear: (res) => void res.clearCookie(fullName, attributes),
  };
}
