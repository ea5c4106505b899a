import { type Request, Router } from 'express';
import { sameOriginOnly } from '../control/same-origin.ts';
import { bodyFields, queryFields } from '../input.ts';
import type { World } from '../world.ts';
import { explain } from './pages.ts';

/** Logging in, without a password: the people are invented. And out again. */
export function accountRoutes(world: World): Router {
  const { clients, logins, people } = world;
  const router = Router();

  router.post('/oauth2_user/account_login', sameOriginOnly(world), (req, res) => {
    const userId = bodyFields(req).get('user');
    const person = people
      .accounts()
      .flat()
      .find((candidate) => String(candidate.userId) === userId);
    if (!person) return explain(res, 400, 'Nobody by that number', 'Please go back and choose again.');
    logins.start(req, res, person);
    return res.redirect(302, afterLogin(req));
  });

  /** Documented as the way to connect another person: `r` is the authorize URL to come back to. */
  router.get('/logout', (req, res) => {
    logins.end(req, res);
    res.redirect(302, afterLogout(req));
  });

  /** `b` says which page asked; the address is put together here, so it can lead nowhere else. */
  function afterLogin(req: Request): string {
    const fields = new Map(queryFields(req));
    const page = fields.get('b');
    fields.delete('b');
    if (page === 'authorize2')
      return `${req.baseUrl}/oauth2_user/authorize2?${new URLSearchParams([...fields])}`;
    const client = clients.get(fields.get('client_id'));
    const removing = page === 'disconnect_partner' && client;
    return removing ? removalPath(req.baseUrl, client.id, fields.get('selecteduser')) : `${req.baseUrl}/`;
  }

  return router;
}

/** `selecteduser`: which person of a login that several share (documented). */
export function removalPath(base: string, clientId: string, selecteduser?: string): string {
  const query = selecteduser ? `?${new URLSearchParams({ selecteduser })}` : '';
  return `${base}/partner/disconnect_partner/${encodeURIComponent(clientId)}${query}`;
}

/** Our own authorize page or the panel: never another site, whatever `r` says. */
function afterLogout(req: Request): string {
  const here = `http://${req.headers.host ?? 'localhost'}`;
  const asked = queryFields(req).get('r') ?? '';
  const page = `${req.baseUrl}/oauth2_user/authorize2`;
  if (!URL.canParse(asked, here)) return `${req.baseUrl}/`;
  const url = new URL(asked, here);
  const ours = url.host === new URL(here).host && url.pathname === page;
  return ours ? page + url.search : `${req.baseUrl}/`;
}
