import { type Request, type Response, Router } from 'express';
import { Problem } from '../problems/catalogue.ts';
import { connectionOf } from '../problems/connection.ts';
import { ACTIONS } from '../problems/text.ts';
import type { Sessions } from '../session/session.ts';
import { lastDays } from '../time/days.ts';
import type { Grants } from '../tokens/grants.ts';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import type { Checks } from './checks.ts';
import type { DataLoader } from './data-loader.ts';
import type { Events } from './events.ts';
import { exportRoutes } from './export.ts';
import { type News, newsWords } from './news.ts';
import type { Notice, Notices } from './notice.ts';
import { dashboardPage, RANGES } from './page.ts';
import { preferencesOf } from './preferences/preferences.ts';
import type { Timezones } from './preferences/timezones.ts';
import { createWording } from './preferences/wording.ts';
import { secondsToTurn } from './stale.ts';
import { otherBrowsers, relative } from './words.ts';

export interface DashboardParts {
  grants: Pick<Grants, 'press'>;
  sessions: Pick<Sessions, 'countOthers' | 'endOthers' | 'lastsUntil'>;
  checks: Checks;
  notices: Notices;
  dataLoader: DataLoader;
  timezones: Timezones;
  events: Events;
  /** How a person's subscriptions to notifications stand; null where notifications are off. */
  newsOf: (grantId: string) => Promise<News | null>;
  now: () => number;
  refreshMarginSeconds: number;
}

/** Of a connection that there is not, or not any more. */
const NO_END = { lastsUntil: null, lastsBecause: null };

const DEFAULT_DAYS = 30;

/** A person's connection and data, as a page, as events, as JSON and as a table. */
export function dashboardRoutes(parts: DashboardParts): Router {
  const router = Router();
  router.get('/dashboard', noStore, (req, res) => dashboard(parts, req, res));
  router.get('/events', noStore, parts.events.handler);
  router.post('/refresh', noStore, (req, res) => refresh(parts, req, res));
  router.post('/ask-again', noStore, (req, res) => askAgain(parts, req, res));
  router.post('/check', noStore, (req, res) => check(parts, req, res));
  router.post('/logout/others', noStore, (req, res) => logOutOthers(parts, req, res));
  router.get('/api/connection', noStore, async (req, res) => {
    const { withings: grant } = req.session;
    if (!grant) return res.json({ ...connectionOf(null, null), ...NO_END });
    const lasts = await parts.sessions.lastsUntil(req, grant);
    const ends = lasts
      ? { lastsUntil: new Date(lasts.until).toISOString(), lastsBecause: lasts.because }
      : NO_END;
    return res.json({ ...connectionOf(grant, await parts.timezones.of(grant.id)), ...ends });
  });
  router.use(exportRoutes(parts));
  router.all(['/refresh', '/ask-again', '/check', '/logout/others'], onlyMethods('POST'));
  router.all(['/dashboard', '/events', '/api/connection'], onlyMethods('GET, HEAD'));
  return router;
}

async function dashboard(
  { dataLoader, timezones, sessions, notices, newsOf, now, refreshMarginSeconds }: DashboardParts,
  req: Request,
  res: Response,
) {
  const owned = req.session.withings;
  if (!owned) return res.redirect(303, '/');
  const asked = RANGES.find(({ days }) => String(days) === req.query.days);
  const days = asked?.days ?? DEFAULT_DAYS;
  const news = await newsOf(owned.id);
  // A week is cut out of the month, so that looking closer asks Withings nothing.
  const { grant, data, stale } = await dataLoader.readAll(owned, Math.max(days, DEFAULT_DAYS), news);
  if (!grant) return res.redirect(303, '/');
  const { measures, activity, nights, devices } = data;
  const zone = await timezones.follow(grant.id, [measures, activity, nights, devices]);
  const preferences = preferencesOf(req, zone);
  const at = now();
  const wording = createWording(preferences, at);
  const range = lastDays(days, at, wording.zone);
  const others = await sessions.countOthers(req);
  const lasts = await sessions.lastsUntil(req, grant);
  const turnIn = stale && secondsToTurn(stale.refusal);
  if (turnIn !== null) res.set('Refresh', String(turnIn)); // renews the page, with or without a script
  return res.render('dashboard', {
    page: dashboardPage(grant, data, {
      range,
      preferences,
      wording,
      marginSeconds: refreshMarginSeconds,
      lasts,
      stale,
    }),
    notice: notices.take(req, res),
    news: news && newsWords(news, wording),
    others: others > 0 ? otherBrowsers(others) : null,
  });
}

async function refresh({ grants, notices }: DashboardParts, req: Request, res: Response) {
  const owned = req.session.withings;
  if (!owned) throw new Problem('not-connected');
  const pressed = await grants.press(owned);
  notices.leave(res, noticeOf(pressed));
  res.redirect(303, '/dashboard');
}

/** What is known of a person's data is asked for again, as soon as Withings lets that be. */
function askAgain({ dataLoader }: DashboardParts, req: Request, res: Response) {
  const { withingsId } = req.session;
  if (!withingsId) throw new Problem('not-connected');
  dataLoader.expire(withingsId);
  const asked = RANGES.find(({ days }) => String(days) === req.body?.days);
  res.redirect(303, asked ? `/dashboard?days=${asked.days}` : '/dashboard');
}

function noticeOf(pressed: Awaited<ReturnType<Grants['press']>>): Notice {
  if ('tooSoon' in pressed) return { what: 'too soon', last: pressed.tooSoon };
  return pressed.ok ? { what: 'refreshed' } : { what: 'refused', code: pressed.refusal.code };
}

async function logOutOthers({ sessions, notices }: DashboardParts, req: Request, res: Response) {
  if (!req.session.withingsId) throw new Problem('not-connected');
  const browsers = await sessions.endOthers(req);
  notices.leave(res, { what: 'others logged out', browsers });
  res.redirect(303, '/dashboard');
}

/** One call with the token as it is, and what came of it. */
async function check({ checks, now }: DashboardParts, req: Request, res: Response) {
  const owned = req.session.withings;
  if (!owned) throw new Problem('not-connected');
  const { at, result } = await checks.check(owned);
  if (!result.ok) throw new Problem(result.refusal.code, result.refusal.retryAfterSeconds);
  res.render('message', {
    title: 'It works',
    text: `We asked Withings with the token we have, and Withings answered as it should (${relative(at, now())}).`,
    action: ACTIONS.dashboard,
  });
}
