import { PROBLEMS } from '../problems/catalogue.ts';
import { connectionOf, demoEndsAt } from '../problems/connection.ts';
import type { Lasts } from '../session/lasts.ts';
import { type Grant, type RecordedCode, readCode } from '../store/grant.ts';
import { DAY_MS } from '../time/clocks.ts';
import { addDays, type DayRange, midnight, ymdAt } from '../time/days.ts';
import { timesWords } from '../time/formats.ts';
import { refreshDueAt } from '../tokens/state.ts';
import type { Everything } from './data-loader.ts';
import { happenings } from './history.ts';
import { accessLifeline, refreshLifeline } from './lifeline.ts';
import { panelsOf } from './panels/panels.ts';
import { choices } from './preferences/units.ts';
import type { Preferences, Wording } from './preferences/wording.ts';
import { type Stale, staleWords } from './stale.ts';
import { tilesOf } from './tiles/tiles.ts';
import { duration, scopeWords, unbroken } from './words.ts';

export const RANGES = [
  { days: 7, words: '7 days' },
  { days: 30, words: '30 days' },
  { days: 365, words: 'a year' },
];

export interface PageOptions {
  range: DayRange;
  preferences: Preferences;
  wording: Wording;
  marginSeconds: number;
  /** Null: it has ended. */
  lasts: Lasts | null;
  /** Null: all is of now. */
  stale: Stale | null;
}

/** Everything the dashboard view says, in words: the view itself decides nothing. */
export function dashboardPage(grant: Grant, data: Everything, { range, ...options }: PageOptions) {
  const { preferences, wording, marginSeconds, lasts, stale } = options;
  const { now } = range;
  const { moment } = wording;
  const { state, problem } = connectionOf(grant, preferences.zone, now);
  const { panels, troubles } = panelsOf(data, range, wording, stale?.refusal.code ?? null);
  const isTroubled = state !== 'connected' && state !== 'refreshing';
  const demoEnds = demoEndsAt(grant);
  const due = refreshDueAt(grant, marginSeconds);
  return {
    lead: unbroken(lead(grant, state, now, options)),
    problem: state === 'unlinked' ? null : problem, // that is how a demo ends
    since: grant.ended && moment(grant.ended.at),
    userId: grant.userId,
    demo: grant.demo,
    demoEnds: demoEnds !== null && state !== 'unlinked' ? moment(demoEnds) : null,
    connected: moment(grant.connectedAt),
    granted: grant.scope.map(scopeWords),
    refused: grant.askedScope.filter((scope) => !grant.scope.includes(scope)).map(scopeWords),
    accessToken: {
      issued: moment(grant.accessIssuedAt),
      expires: moment(grant.accessExpiresAt),
      expired: grant.accessExpiresAt <= now,
      due: moment(due),
      lifeline: accessLifeline(grant, now, marginSeconds),
    },
    refreshToken: {
      issued: moment(grant.refreshIssuedAt),
      expires: moment(grant.refreshExpiresAt),
      lifeline: refreshLifeline(grant, now),
    },
    lastRefresh: grant.lastRefresh && {
      ...moment(grant.lastRefresh.at),
      outcome: outcomeWords(grant.lastRefresh.outcome),
    },
    history: happenings(grant, wording),
    ranges: RANGES.map((each) => ({ ...each, current: each.days === range.days })),
    stale: stale && staleWords(stale, wording, now, problem?.code ?? null),
    troubles,
    tiles: tilesOf(data, now, wording),
    panels,
    nextRefresh: due > now ? moment(due) : null,
    isRanged: panels.some(({ id }) => id !== 'devices'),
    isTroubled,
    browserUntil: lasts && moment(lasts.browserUntil),
    lastDay: isTroubled || grant.demo || !lasts ? null : lastDay(lasts, now, wording),
    made: moment(now),
    dayEnds: new Date(midnight(addDays(range.today, 1), range.zone)).toISOString(),
    foot: { times: timesWords(preferences.zone), days: range.days, units: choices(preferences.units) },
  };
}

/** When this browser is signed out, where that is near and no visit moves it; else null. */
function lastDay(
  { browserUntil, browserEndsAt, browserEndsSoonAt }: Lasts,
  now: number,
  wording: Wording,
): string | null {
  const isLast = browserUntil === browserEndsAt && now > browserEndsSoonAt;
  return isLast ? dayWords(browserEndsAt, now, wording) : null;
}

/** The one sentence that is said first. */
function lead(
  grant: Grant,
  state: string,
  now: number,
  { wording, lasts }: Pick<PageOptions, 'wording' | 'lasts'>,
): string {
  if (state === 'unlinked')
    return 'Withings takes the app away from its demo users after a day. Nothing is wrong.';
  if (state === 'needs-reconnect') return ''; // the problem says it
  if (state === 'degraded') {
    const left = grant.accessExpiresAt - now;
    return left > 0
      ? `The token we have serves for another ${duration(left)}. We keep trying.`
      : 'The token we had has expired. We keep trying while this page is open, and at your next visit.';
  }
  if (lasts === null || lasts.because === 'demo') return '';
  if (lasts.until === null) return 'It lasts until somebody ends it: another program goes on with it.';
  if (lasts.until === lasts.browserEndsAt && lastDay(lasts, now, wording)) return ''; // which says it
  return `Without a visit it lasts until ${dayWords(lasts.until, now, wording)}.`;
}

/** "25 Dec", and with the hour where that is tomorrow: until then a day is exact enough. */
function dayWords(at: number, now: number, { moment, shortDay, zone }: Wording): string {
  return at - now < 2 * DAY_MS ? moment(at).words : shortDay(ymdAt(at, zone));
}

function outcomeWords(outcome: 'refreshed' | RecordedCode): string {
  return outcome === 'refreshed' ? 'a new pair of tokens' : PROBLEMS[readCode(outcome)].title;
}
