import type { LastEnding } from '../session/session.ts';
import { formatDate } from '../time/formats.ts';

/** What a browser is told whose session somebody else has ended: time, another browser, whoever disconnected. */
export interface Greeting {
  title: string;
  sentences: string[];
  /** Withings' own page for removing the app, where that is worth a visit. */
  removalPage: string | null;
}

/** For the foot of the page: nobody is signed in whose time zone it could be, and midnight is another one in Auckland. */
export const DAYS_BY_UTC = 'Days by UTC.';

/**
 * @param locale BCP 47
 * @param removalPage Withings' own page for removing the app
 */
export function greetingOf(ending: LastEnding, locale: string, removalPage: string): Greeting {
  const day = (at: number) => formatDate(at, { locale, zone: 'UTC', style: 'short day', withYear: true });
  const { why, permission } = ending;
  return {
    title: TITLES[why],
    sentences: [HAPPENED[why](ending, day), permission && permissionWords(why, permission)].filter(
      (each) => each !== null,
    ),
    removalPage: permission === 'given-up' ? removalPage : null,
  };
}

const TITLES: Record<LastEnding['why'], string> = {
  'session-idle': 'You were signed out while you were away',
  'session-max': 'This browser’s time is over',
  'logged-out': 'This browser was logged out',
  disconnected: 'Your connection was ended',
};

type Day = (at: number) => string;

const HAPPENED: Record<LastEnding['why'], (ending: LastEnding, day: Day) => string> = {
  'session-idle': ({ visitedAt, at }, day) =>
    `You were last here on ${day(visitedAt)}. Nobody came after that, so on ${day(at)} we signed this browser out.`,
  'session-max': ({ at }, day) =>
    `On ${day(at)} this browser had been signed in for as long as one may be, so we signed it out.`,
  'logged-out': ({ at }, day) => `On ${day(at)} another browser on your connection logged this one out.`,
  disconnected: ({ at }, day) =>
    `On ${day(at)} somebody disconnected it: you, or a service that you connected with. What we kept of it is erased.`,
};

/** Who disconnected ended all of it: what there is now is another connection. */
function permissionWords(why: LastEnding['why'], permission: NonNullable<LastEnding['permission']>): string {
  const isAnother = why === 'disconnected' && permission === 'kept';
  return isAnother ? 'It was made anew since, elsewhere.' : PERMISSION[permission];
}

const PERMISSION: Record<NonNullable<LastEnding['permission']>, string> = {
  kept: 'The connection is in use elsewhere: in another browser, or by a service that you connected with.',
  returning: 'Our permission is being handed back to Withings.',
  revoked: 'Our permission was handed back to Withings.',
  'given-up': 'Withings never confirmed that our permission has ended. To be sure, remove the app there.',
};
