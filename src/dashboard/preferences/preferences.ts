import { type Request, type Response, Router } from 'express';
import { Problem } from '../../problems/catalogue.ts';
import { localeOf } from '../../web/locale.ts';
import type { Notices } from '../../web/notice.ts';
import { onlyMethods } from '../../web/requests.ts';
import { noStore } from '../../web/security-headers.ts';
import { onlySignedIn, wayBack } from '../way-back.ts';
import { units, unitsOf } from './units.ts';
import type { Preferences } from './wording.ts';

/** How whoever asks reads: by what their browser asks for, and by what was chosen in it. */
export function preferencesOf(req: Request, zone: string | null): Preferences {
  const { tag, region } = localeOf(req);
  const chosen = units.safeParse(req.session.units); // by whatever version of this program
  return { zone, locale: tag, units: chosen.success ? chosen.data : unitsOf(region) };
}

export interface PreferenceParts {
  notices: Pick<Notices, 'leave'>;
}

/** The form at the foot of a page, for this browser alone. */
export function preferenceRoutes(parts: PreferenceParts): Router {
  const router = Router();
  router.post('/preferences', noStore, onlySignedIn, (req, res) => choose(parts, req, res));
  router.all('/preferences', onlyMethods('POST'));
  return router;
}

async function choose({ notices }: PreferenceParts, req: Request, res: Response): Promise<void> {
  if (!req.session.withingsId) throw new Problem('not-connected');
  const chosen = units.safeParse({ ...preferencesOf(req, null).units, ...req.body });
  if (!chosen.success) throw new Problem('unknown-unit');
  req.session.units = chosen.data;
  // Before the answer: express-session would save when it is too late to say that it could not.
  await new Promise<void>((resolve, reject) => {
    req.session.save((error: unknown) => (error ? reject(error) : resolve()));
  });
  const { mass, distance, temperature } = chosen.data;
  notices.leave(res, `This browser now shows ${mass}, ${distance} and ${temperature}.`);
  res.redirect(303, wayBack(req));
}
