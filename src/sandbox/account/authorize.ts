import { type Request, type Response, Router } from 'express';
import { bodyFields, queryFields } from '../input.ts';
import type { Person } from '../people.ts';
import { sameText } from '../secrets.ts';
import { demoPerson } from '../seeded-people.ts';
import type { World } from '../world.ts';
import { type AuthorizeRequest, type ReadRequest, readAuthorizeRequest } from './authorize-request.ts';
import { redirectAfter } from './consent.ts';
import { CONSENT_FAULTS, setConsentFault } from './consent-faults.ts';
import type { Login } from './logins.ts';
import { explain, showPage } from './pages.ts';
import type { Scope } from './scopes.ts';

const PATH = '/oauth2_user/authorize2';

interface Visit {
  request: AuthorizeRequest;
  /** Who answers, and for whom. */
  login: Login;
}

export function authorizeRoutes(world: World): Router {
  const { clients, faults, logins, people } = world;
  const router = Router();

  router.get(
    PATH,
    withVisit(({ request, login }, _req, res) => askConsent(res, request, login)),
  );

  router.post(PATH, withVisit(answer));

  function answer({ request, login }: Visit, req: Request, res: Response) {
    const form = bodyFields(req);
    if (!sameText(form.get('consent') ?? '', login.consent)) {
      return explain(res, 403, 'This answer did not come from our page', 'Please go back and answer again.');
    }
    const after = (agreed: Scope[]) => redirectAfter(world, request, login.person, agreed);
    if (form.get('authorized') !== '1') return res.redirect(302, after([]));
    const ticked = request.scopes.filter((scope) => form.get(scope.name) === 'on');
    if (ticked.length === 0) return askConsent(res, request, login, 'Tick at least one line, or refuse.');
    setConsentFault(faults, form.get('fault'));
    return res.redirect(302, after(ticked));
  }

  /** Until it is known what is asked, and of whom, the browser is shown the page that asks. */
  function withVisit(handle: (visit: Visit, req: Request, res: Response) => unknown) {
    return async (req: Request, res: Response) => {
      const read = readAuthorizeRequest(queryFields(req), clients);
      if (read.outcome !== 'valid') return refuseRequest(res, read.outcome);
      const { request } = read;
      const login = loginFor(request, req, res);
      if (!login) return askLogin(res, request, people.accounts());
      const person = people.chosen(login.person, request.selected);
      if (!person) return askWho(res, request, people.housemates(login.person));
      return handle({ request, login: { ...login, person } }, req, res);
    };
  }

  /** The demo login counts for demo requests only, so that trying the demo does not pass for a real login. */
  function loginFor({ demo }: AuthorizeRequest, req: Request, res: Response): Login | undefined {
    const login = logins.current(req);
    if (login?.person.demo === demo) return login;
    return demo ? logins.start(req, res, demoPerson) : undefined;
  }

  return router;
}

function askLogin(res: Response, { client, query }: AuthorizeRequest, accounts: Person[][]) {
  const action = `${res.req.baseUrl}/oauth2_user/account_login?${query}&b=authorize2`;
  return showPage(res, 'login', {
    title: 'Who are you today?',
    app: client.name,
    accounts: accounts.map(loginWords),
    action,
  });
}

/** One button for one login. */
export function loginWords(members: Person[]) {
  const [first] = members;
  const names = members.map(({ name }) => name).join(' and ');
  const about = members.length > 1 ? 'one login, several people' : first?.about;
  return { userId: first?.userId, name: names, about };
}

function askWho(res: Response, { client, query }: AuthorizeRequest, members: Person[]) {
  const link = `${res.req.baseUrl}${PATH}?${query}&`;
  const title = 'Whose measures?';
  const text = `Several people share this login. Choose whose measures ${client.name} asks for.`;
  return showPage(res, 'choose', { title, text, people: members, link });
}

function askConsent(res: Response, request: AuthorizeRequest, login: Login, problem = '') {
  const { client, scopes, query, demo } = request;
  const { baseUrl } = res.req;
  const here = `${baseUrl}${PATH}?${query}`;
  return showPage(
    res,
    'consent',
    {
      title: `Share with ${client.name}?`,
      app: client.name,
      scopes,
      person: login.person,
      consent: login.consent,
      faults: CONSENT_FAULTS,
      action: here,
      switchUrl: demo ? '' : `${baseUrl}/logout?${new URLSearchParams({ r: here })}`,
      problem,
    },
    problem ? 400 : 200,
  );
}

/** @differs authorize (S): a wrong `redirect_uri` is answered with JSON and without a redirect; unknown clients and missing parameters with a page (HTTP 400: I) */
function refuseRequest(res: Response, outcome: Exclude<ReadRequest['outcome'], 'valid'>) {
  switch (outcome) {
    case 'incomplete':
      return explain(
        res,
        400,
        'Required parameters are invalid.',
        'The app that sent you here left something out.',
      );
    case 'unknown-client':
      return explain(res, 400, 'Invalid clientid', 'The app that sent you here is not known.');
    case 'not-callable':
      return explain(
        res,
        400,
        'This sandbox sends nobody there',
        'The host of that callback URL is not one that this sandbox may send people to.',
      );
    case 'wrong-redirect':
      return res.status(400).json({ errors: [{ message: MISMATCH }] });
  }
}

const MISMATCH =
  'redirect_uri_mismatch: The redirect URI provided is missing or does not match partner callback url';
