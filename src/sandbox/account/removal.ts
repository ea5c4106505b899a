import { type Request, type Response, Router } from 'express';
import type { Client } from '../clients.ts';
import { bodyFields, queryFields } from '../input.ts';
import { refreshTokenState } from '../oauth2/token-state.ts';
import type { Person } from '../people.ts';
import { unlink } from '../removals.ts';
import { sameText } from '../secrets.ts';
import type { World } from '../world.ts';
import { removalPath } from './account.ts';
import { loginWords } from './authorize.ts';
import { explain, showPage } from './pages.ts';

const PATH = '/partner/disconnect_partner/:clientId';

/** The person's own page for removing an app; its address is documented. */
export function removalRoutes(world: World): Router {
  const { clients, clock, logins, pairs, people } = world;
  const router = Router();

  router.get(PATH, async (req, res) => {
    const client = clients.get(req.params.clientId);
    if (!client) return explain(res, 400, 'Invalid clientid', 'No such app is known here.');
    const login = logins.current(req);
    if (!login) return askLogin(req, res, client, people.accounts());
    const { consent } = login;
    const selected = queryFields(req).get('selecteduser');
    const person = people.chosen(login.person, selected);
    if (!person) return askWho(req, res, client, people.housemates(login.person));
    return showPage(res, 'removal', {
      title: `Remove ${client.name}?`,
      app: client.name,
      person,
      consent,
      action: removalPath(req.baseUrl, client.id, selected),
      connected: isConnected(person.userId, client),
    });
  });

  router.post(PATH, async (req, res) => {
    const client = clients.get(req.params.clientId);
    const login = logins.current(req);
    const consent = bodyFields(req).get('consent') ?? '';
    if (!client || !login || !sameText(consent, login.consent)) {
      return explain(res, 403, 'This answer did not come from our page', 'Please go back and answer again.');
    }
    const selected = queryFields(req).get('selecteduser');
    const person = people.chosen(login.person, selected);
    if (person) unlink(world, person.userId, client.id);
    return res.redirect(303, removalPath(req.baseUrl, client.id, selected));
  });

  function isConnected(userId: number, client: Client): boolean {
    const own = pairs.of(userId).filter((pair) => pair.client_id === client.id);
    return own.some((pair) => refreshTokenState(pair, clock.now()).state !== 'dead');
  }

  return router;
}

function askWho(req: Request, res: Response, client: Client, members: Person[]) {
  const link = `${removalPath(req.baseUrl, client.id)}?`;
  return showPage(res, 'choose', {
    title: 'Who removes the app?',
    text: `Several people share this login. Choose whose measures ${client.name} shall no longer see.`,
    people: members,
    link,
  });
}

function askLogin(req: Request, res: Response, client: Client, accounts: Person[][]) {
  const selected = queryFields(req).get('selecteduser');
  const back = new URLSearchParams({
    client_id: client.id,
    b: 'disconnect_partner',
    ...(selected ? { selecteduser: selected } : {}),
  });
  const action = `${req.baseUrl}/oauth2_user/account_login?${back}`;
  return showPage(res, 'login', {
    title: 'Who are you today?',
    app: client.name,
    accounts: accounts.map(loginWords),
    action,
  });
}
