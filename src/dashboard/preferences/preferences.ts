import { type Request, type Response, Router } from 'express';
import { Problem } from '../../problems/catalogue.ts';
import { localeOf } from '../../web/locale.ts';
import { onlyMethods } from '../../web/requests.ts';
import { noStore } from '../../web/security-headers.ts';
import { units, unitsOf } from './units.ts';
import type { Preferences } from './wording.ts';

/** How whoever asks reads: by what their browser asks for, and by what was chosen in it. */
export function preferencesOf(req: Request, zone: string | null): Preferences {
  const { tag, region } = localeOf(req);
  const chosen = units.safeParse(req.session.units); // by whatever version of this program
  return { zone, locale: tag, units: chosen.success ? chosen.data : unitsOf(region) };
}

/** The form at the foot of a page, for this browser alone. */
export function preferenceRoutes(): Router {
  const router = Router();
  router.post('/preferences', noStore, choose);
  router.all('/preferences', onlyMethods('POST'));
  return router;
}

/** Where a choice leads back to: the part of the dashboard that was shown. */
const DAYS = /^\d{1,4}$/;

async function choose(req: Request, res: Response): Promise<void> {
  if (!req.session.withingsId) throw new Problem('not-connected');
  const { days, ...choice } = req.body ?? {};
  const chosen = units.safeParse({ ...preferencesOf(req, null).units, ...choice });
  if (!chosen.success) throw new Problem('unknown-unit');
  req.session.units = chosen.data;
  // Before the answer: express-session would save when it is too late to say that it could not.
  await new Promise<void>((resolve, reject) => {
    req.session.save((error: unknown) => (error ? reject(error) : resolve()));
  });
  res.redirect(303, DAYS.test(days) ? `/dashboard?days=${days}` : '/dashboard');
}
