import { type Request, type Response, Router } from 'express';
import { Problem } from '../problems/catalogue.ts';
import type { Sessions } from '../session/session.ts';
import { onlyMethods, onlyNavigation } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import { handOffKey, type PartnerConnections } from './connections.ts';

export interface HandOffParts {
  connections: Pick<PartnerConnections, 'offeredBy'>;
  sessions: Pick<Sessions, 'transfer'>;
}

/**
 * Where a browser or a webview redeems a hand-off. Link checkers and previews spend nothing, and neither does a
 * browser that shows somebody else: any site can send it here, so its person is asked first.
 */
export function handOffRoutes({ connections, sessions }: HandOffParts): Router {
  const router = Router();
  router.head('/handoff/:token', noStore, (_req, res) => void res.status(200).end());
  router.get('/handoff/:token', noStore, onlyNavigation, async (req, res) => {
    const token = tokenOf(req);
    const shown = req.session.withingsId;
    const offered = await connections.offeredBy(token);
    if (!shown || !offered || shown === offered.grantId) return open(req, res);
    // With this page's own form the address goes along as the referrer, to this site only: under `no-referrer` the
    // browser would send `Origin: null` with it (security-headers.ts).
    return res.render('hand-off', {
      shown: req.session.withingsPerson?.userId,
      offered: offered.person?.userId,
      token,
    });
  });
  router.post('/handoff/:token', noStore, open);
  router.all('/handoff/:token', onlyMethods('GET, HEAD, POST'));

  async function open(req: Request, res: Response): Promise<void> {
    res.set('Referrer-Policy', 'no-referrer'); // the address of this request holds the token
    if (!(await sessions.transfer(req, handOffKey(tokenOf(req))))) throw new Problem('handoff-spent');
    res.redirect(303, '/dashboard');
  }

  return router;
}

function tokenOf({ params }: Request): string {
  return String(params.token);
}
