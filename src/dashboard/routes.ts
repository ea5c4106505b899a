import { type Request, type Response, Router } from 'express';
import { PROBLEMS, Problem } from '../problems/catalogue.ts';
import { connectionOf } from '../problems/connection.ts';
import type { Sessions } from '../session/session.ts';
import type { Grant } from '../store/grant.ts';
import { lastDays } from '../time/days.ts';
import type { Grants } from '../tokens/grants.ts';
import type { Notices } from '../web/notice.ts';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import type { RefusalCode } from '../withings/errors.ts';
import { announcementOf, listsIn, missingOf } from './announcement.ts';
import type { Checks } from './checks.ts';
import type { DataLoader } from './data-loader.ts';
import type { Events } from './events.ts';
import { exportRoutes } from './export.ts';
import { type News, newsWords } from './news.ts';
import { dashboardPage, RANGES } from './page.ts';
import { preferencesOf } from './preferences/preferences.ts';
import type { Timezones } from './preferences/timezones.ts';
import { createWording } from './preferences/wording.ts';
import { programWords } from './program.ts';
import { onlySignedIn, wayBack } from './way-back.ts';
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
  publicUrl: string;
  now: () => number;
  refreshMarginSeconds: number;
}

/** Of a connection that there is not, or not any more. */
const NO_END = { lastsUntil: null, lastsBecause: null };

const DEFAULT_DAYS = 30;

const PRESSES = ['/refresh', '/ask-again', '/check', '/logout/others'];

/** A person's connection and data, as a page, as events, as JSON and as a table. */
export function dashboardRoutes(parts: DashboardParts): Router {
  const router = Router();
  const program = programWords(parts.publicUrl);
  router.post(PRESSES, noStore, onlySignedIn);
  router.get('/dashboard', noStore, (req, res) => dashboard(parts, program, req, res));
  router.get('/events', noStore, parts.events.handler);
  router.post('/refresh', (req, res) => refresh(parts, req, res));
  router.post('/ask-again', (req, res) => askAgain(parts, req, res));
  router.post('/check', (req, res) => check(parts, req, res));
  router.post('/logout/others', (req, res) => logOutOthers(parts, req, res));
  router.get('/api/connection', noStore, async (req, res) => {
    const { withings: grant } = req.session;
    if (!grant) return res.json({ ...connectionOf(null, null, parts.now()), ...NO_END });
    const lasts = await parts.sessions.lastsUntil(req, grant);
    const ends = lasts?.until
      ? { lastsUntil: new Date(lasts.until).toISOString(), lastsBecause: lasts.because }
      : NO_END;
    return res.json({ ...connectionOf(grant, await parts.timezones.of(grant.id), parts.now()), ...ends });
  });
  router.use(exportRoutes(parts));
  router.all(PRESSES, onlyMethods('POST'));
  router.all(['/dashboard', '/events', '/api/connection'], onlyMethods('GET, HEAD'));
  return router;
}

async function dashboard(
  { dataLoader, timezones, sessions, notices, newsOf, now, refreshMarginSeconds }: DashboardParts,
  program: ReturnType<typeof programWords>,
  req: Request,
  res: Response,
) {
  const owned = req.session.withings;
  if (!owned) return res.redirect(303, '/');
  const days = daysOf(req.query.days);
  const news = await newsOf(owned.id);
  const { grant, data, stale } = await readAll(dataLoader, owned, days, news);
  if (!grant) return res.redirect(303, '/');
  const zone = await timezones.follow(grant.id, listsIn(data));
  const preferences = preferencesOf(req, zone);
  const at = now();
  const wording = createWording(preferences, at);
  const range = lastDays(days, at, wording.zone);
  const others = await sessions.countOthers(req);
  const lasts = await sessions.lastsUntil(req, grant);
  return res.render('dashboard', {
    page: dashboardPage(grant, data, {
      range,
      preferences,
      wording,
      marginSeconds: refreshMarginSeconds,
      lasts,
      stale,
    }),
    announcement: announcementOf(grant, data, stale, at),
    notice: notices.take(req, res),
    news: news && newsWords(news, wording),
    others: others > 0 ? otherBrowsers(others) : null,
    program,
  });
}

/** How far back, of what can be chosen. */
function daysOf(asked: unknown): number {
  return RANGES.find(({ days }) => String(days) === asked)?.days ?? DEFAULT_DAYS;
}

/** A week is cut out of the month, so that looking closer asks Withings nothing. */
function readAll(dataLoader: DataLoader, grant: Grant, days: number, news: News | null) {
  return dataLoader.readAll(grant, Math.max(days, DEFAULT_DAYS), news);
}

async function refresh({ grants, notices, now }: DashboardParts, req: Request, res: Response) {
  const owned = req.session.withings;
  if (!owned) throw new Problem('not-connected');
  const pressed = await grants.press(owned);
  notices.leave(res, pressedWords(pressed, now()));
  res.redirect(303, wayBack(req));
}

function pressedWords(pressed: Awaited<ReturnType<Grants['press']>>, now: number): string {
  if ('tooSoon' in pressed) {
    return `We last asked for new tokens ${relative(pressed.tooSoon, now)}. Once a minute is enough, so we asked nothing.`;
  }
  return pressed.ok ? 'Refreshed: Withings gave new tokens.' : refusedWords(pressed.refusal.code);
}

function refusedWords(code: RefusalCode): string {
  return `${PROBLEMS[code].title}. ${PROBLEMS[code].advice}`;
}

/** What is known of a person's data is asked for again, as soon as Withings lets that be. */
async function askAgain({ dataLoader, newsOf, notices }: DashboardParts, req: Request, res: Response) {
  const owned = req.session.withings;
  if (!owned) throw new Problem('not-connected');
  dataLoader.expire(owned.id);
  const days = daysOf(req.body?.days);
  const { data, stale } = await readAll(dataLoader, owned, days, await newsOf(owned.id));
  const code = missingOf(data, stale);
  notices.leave(res, code === null ? 'This is what Withings has now.' : refusedWords(code));
  res.redirect(303, wayBack(req));
}

async function logOutOthers({ sessions, notices }: DashboardParts, req: Request, res: Response) {
  if (!req.session.withingsId) throw new Problem('not-connected');
  notices.leave(res, `Logged out: ${otherBrowsers(await sessions.endOthers(req))}.`);
  res.redirect(303, wayBack(req));
}

/** One call with the token as it is, and what came of it. */
async function check({ checks, notices, now }: DashboardParts, req: Request, res: Response) {
  const owned = req.session.withings;
  if (!owned) throw new Problem('not-connected');
  const { at, result, isRepeated } = await checks.check(owned);
  const words = result.ok ? `Withings answered in ${took(result.value)}.` : refusedWords(result.refusal.code);
  const when = isRepeated
    ? ` That was ${relative(at, now())}. Once a minute is enough, so we asked nothing.`
    : '';
  notices.leave(res, words + when);
  res.redirect(303, wayBack(req));
}

/** "180 ms", "2.3 s". @param ms milliseconds */
function took(ms: number): string {
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
