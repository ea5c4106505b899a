import { PROBLEMS } from '../problems/catalogue.ts';
import { type Grant, readCode } from '../store/grant.ts';
import type { Moment, Wording } from './preferences/wording.ts';

export interface Happening {
  at: Moment;
  words: string;
  /** Why, or how often. */
  cause: string;
  good: boolean;
}

/** What happened to a connection, in words, the latest first. */
export function happenings({ history }: Grant, { moment }: Wording): Happening[] {
  return history
    .map(({ what, at, last, times }, index) => {
      const when = moment(at);
      if (what === 'connected')
        return { at: when, words: 'Connected', cause: 'You allowed it at Withings.', good: true };
      if (what === 'refreshed') return { at: when, ...refreshed(history[index - 1]?.what), good: true };
      if (what === 'recovered')
        return {
          at: when,
          words: 'Recovered',
          cause: 'The old tokens were dead. Withings gave new ones.',
          good: true,
        };
      const again = times > 1 ? ` ${times} times, until ${moment(last).words}.` : '';
      const { title, what: cause } = PROBLEMS[readCode(what)];
      return { at: when, words: title, cause: `${cause}${again}`, good: false };
    })
    .reverse();
}

function refreshed(before: string | undefined) {
  const recovered = before !== undefined && before !== 'refreshed' && before !== 'connected';
  return recovered
    ? { words: 'Recovered', cause: 'Withings answers again and gave new tokens.' }
    : { words: 'Refreshed', cause: 'New tokens, before the old one expired or because somebody asked.' };
}
