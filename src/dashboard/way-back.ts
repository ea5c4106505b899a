import type { Request, RequestHandler } from 'express';
import { wantsJson } from '../problems/page.ts';

const DAYS = /^\d{1,4}$/;

/** Where a form of the dashboard leads back to: the days that were shown. */
export function wayBack({ body }: Request): string {
  return DAYS.test(body?.days) ? `/dashboard?days=${body.days}` : '/dashboard';
}

/** A page may stand open for longer than its session lasts: the first page says how that ended. */
export const onlySignedIn: RequestHandler = (req, res, next) =>
  req.session.withingsId || wantsJson(req) ? next() : res.redirect(303, '/');
