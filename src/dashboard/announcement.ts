import { PROBLEMS } from '../problems/catalogue.ts';
import { type Connection, connectionOf, STATE_WORDS } from '../problems/connection.ts';
import type { Grant } from '../store/grant.ts';
import type { RefusalCode } from '../withings/errors.ts';
import type { Everything } from './data-loader.ts';
import { type Stale, secondsToTurn } from './stale.ts';

/** How things stand, for whoever does not look at the page, and whether that may change by asking again. */
export interface Announcement {
  /** Of the window; the script reads it aloud when it changes. */
  title: string;
  /** What the page itself says, and how it looks: the same as the window. */
  headline: string;
  look: Connection['state'];
  /** What is missing is worth asking for again: in so many seconds, or (0) now and then. Null: nothing is. */
  again: number | null;
  /** After so many seconds a browser without scripts asks for the page again. */
  refresh: number | null;
}

/** A page that reloads takes away what somebody reads or fills in: not as often as a script may renew it. */
const REFRESH_SECONDS = 120;

/** @param stale null: all is of now @param now milliseconds since 1970 */
export function announcementOf(
  grant: Grant,
  data: Everything,
  stale: Stale | null,
  now: number,
): Announcement {
  const { state, problem } = connectionOf(grant, null, now);
  const shown = (look: Connection['state']) => ({ look, headline: STATE_WORDS[look] });
  const nothing = { again: null, refresh: null };
  if (state === 'unlinked') return { title: STATE_WORDS[state], ...shown(state), ...nothing };
  if (state === 'needs-reconnect') return { title: 'Connect again', ...shown(state), ...nothing };
  const missing = missingOf(data, stale);
  const said = problem?.code ?? (isAnythingNew(data, stale) ? null : missing);
  const title = said === null ? 'Connected' : PROBLEMS[said].title;
  const words = { title, ...shown(said === null ? state : 'degraded') };
  if (missing === null && problem === null) return { ...words, ...nothing };
  const again = (stale && secondsToTurn(stale.refusal)) ?? 0;
  return { ...words, again, refresh: again || REFRESH_SECONDS };
}

/** Why the page does not show all that is there. Null: it does, or all that this connection may see. */
export function missingOf(data: Everything, stale: Stale | null): RefusalCode | null {
  if (stale) return stale.refusal.code;
  const codes = listsIn(data).flatMap((list) => (list.ok ? [] : list.refusal.code));
  return codes.find((code) => code !== 'scope-missing') ?? null;
}

function isAnythingNew(data: Everything, stale: Stale | null): boolean {
  return (stale === null || stale.askedAt === null) && listsIn(data).some(({ ok }) => ok);
}

/** Of all services, whatever came. */
export function listsIn({ measures, activity, nights, devices }: Everything) {
  return [measures, activity, nights, devices];
}
