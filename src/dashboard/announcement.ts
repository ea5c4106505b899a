import { PROBLEMS } from '../problems/catalogue.ts';
import { connectionOf, STATE_WORDS } from '../problems/connection.ts';
import type { Grant } from '../store/grant.ts';
import type { RefusalCode } from '../withings/errors.ts';
import type { Everything } from './data-loader.ts';
import { type Stale, secondsToTurn } from './stale.ts';

/** How things stand: in the title of the window, and read aloud where they change while the page is open. */
export interface Announcement {
  title: string;
  says: string;
  /** What is missing may come when it is asked for again: in so many seconds, or (0) now and then. Null: nothing is. */
  again: number | null;
  /** After so many seconds a browser without scripts asks for the page again. */
  refresh: number | null;
}

/** A page that reloads takes away what somebody reads or fills in: not as often as a script may renew it. */
const REFRESH_SECONDS = 120;

export function announcementOf(grant: Grant, data: Everything, stale: Stale | null): Announcement {
  const { state, problem } = connectionOf(grant, null);
  if (grant.ended) {
    const title = state === 'unlinked' ? STATE_WORDS.unlinked : 'Connect again';
    return announce(title, STATE_WORDS[state], null);
  }
  const code = missingOf(data, stale) ?? problem?.code ?? null;
  if (code === null) return announce('Connected', 'Connected. What is shown is up to date', null);
  const { title } = PROBLEMS[code];
  const turn = stale && secondsToTurn(stale.refusal);
  return announce(title, `${title}. This page asks again by itself`, turn ?? 0);
}

function announce(title: string, says: string, again: number | null): Announcement {
  return { title, says: `${says}.`, again, refresh: again === 0 ? REFRESH_SECONDS : again };
}

/** Why the page does not show all that is there. Null: it does, or all that this connection may see. */
export function missingOf({ slow: _, ...lists }: Everything, stale: Stale | null): RefusalCode | null {
  if (stale) return stale.refusal.code;
  const codes = Object.values(lists).flatMap((list) => (list.ok ? [] : list.refusal.code));
  return codes.find((code) => code !== 'scope-missing') ?? null;
}
