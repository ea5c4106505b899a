import { type Request, Router } from 'express';
import { Problem } from '../problems/catalogue.ts';
import type { Sessions } from '../session/session.ts';
import type { Person } from '../store/store-key.ts';
import type { Notices } from '../web/notice.ts';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import { handOffKey, type PartnerConnections } from './connections.ts';

export interface HandOffParts {
  connections: Pick<PartnerConnections, 'offeredBy'>;
  sessions: Pick<Sessions, 'transfer'>;
  notices: Pick<Notices, 'leave'>;
}

/**
 * Where a browser or a webview redeems a hand-off. Opening it shows a button and spends nothing: link previews and mail
 * scanners open links, and any site can send a browser here. Pressing the button does, on this page alone.
 */
export function handOffRoutes({ connections, sessions, notices }: HandOffParts): Router {
  const router = Router();
  router.get('/handoff/:token', noStore, async (req, res) => {
    const token = tokenOf(req);
    const offered = await connections.offeredBy(token);
    if (offered === null) throw new Problem('handoff-spent');
    const { withingsId, withingsPerson } = req.session;
    // Whom this browser shows, where that is somebody else.
    const shown = withingsId && withingsId !== offered.grantId ? nameOf(withingsPerson) : null;
    const title = shown ? 'Show another connection here?' : 'Show your connection here?';
    // With this page's own form the address goes along as the referrer, to this site only: under `no-referrer` the
    // browser would send `Origin: null` with it (security-headers.ts).
    res.render('hand-off', { title, shown, offered: nameOf(offered.person), token });
  });
  router.post('/handoff/:token', noStore, async (req, res) => {
    res.set('Referrer-Policy', 'no-referrer'); // the address of this request holds the token
    if (!(await sessions.transfer(req, handOffKey(tokenOf(req))))) throw new Problem('handoff-spent');
    notices.leave(res, `This browser now shows Withings ${nameOf(req.session.withingsPerson)}.`);
    res.redirect(303, '/dashboard');
  });
  router.all('/handoff/:token', onlyMethods('GET, HEAD, POST'));
  return router;
}

function tokenOf({ params }: Request): string {
  return String(params.token);
}

/** Null where the record that says it is damaged. */
function nameOf(person: Person | null | undefined): string {
  return person ? `user ${person.userId}` : 'a user whose number we cannot read';
}
