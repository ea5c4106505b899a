import { PROBLEMS } from '../problems/catalogue.ts';
import { type Grant, readCode } from '../store/grant.ts';
import type { Reason } from '../tokens/state.ts';
import type { Moment, Wording } from './preferences/wording.ts';
import { duration } from './words.ts';

export interface Happening {
  at: Moment;
  words: string;
  /** Why, and how often. */
  cause: string;
  good: boolean;
}

type Event = Grant['history'][number];

/** What happened to a connection, in words, the latest first. */
export function happenings({ history }: Grant, { moment }: Wording): Happening[] {
  return neighboursTogether(history)
    .map((event, index, all) => {
      const again = event.times > 1 ? ` ${event.times} times, ${oftenWords(event, moment(event.last))}.` : '';
      const { words, cause, good } = wordsFor(event, all[index - 1]?.what);
      return { at: moment(event.at), words, cause: `${cause}${again}`, good };
    })
    .reverse();
}

/** Records of older versions hold each refresh by itself. */
function neighboursTogether(history: Event[]): Event[] {
  const together: Event[] = [];
  for (const event of history) {
    const before = together.at(-1);
    if (before?.what === event.what && before.why === event.why) {
      together[together.length - 1] = { ...before, last: event.last, times: before.times + event.times };
    } else together.push(event);
  }
  return together;
}

function oftenWords({ what, at, last, times }: Event, until: Moment): string {
  return what === 'refreshed'
    ? `every ${duration((last - at) / (times - 1))} on average, until ${until.words}`
    : `until ${until.words}`;
}

const REASONS: Record<Reason, string> = {
  restored: 'This site went back to a backup of its storage, and your permission in it still holds.',
  due: 'It was due: before the old tokens end, we fetch new ones.',
  asked: 'Somebody asked for new tokens.',
  refused: 'Withings turned down the old token before its time.',
  unfinished: 'A refresh was cut short, and was finished.',
  retry: 'Withings answers again and gave new tokens.',
  news: 'We were told that the app was removed. Withings still gives us tokens.',
};

function wordsFor({ what, why }: Event, before: string | undefined): Omit<Happening, 'at'> {
  if (what === 'connected') return { words: 'Connected', cause: 'You allowed it at Withings.', good: true };
  if (what === 'recovered')
    return { words: 'Recovered', cause: 'The old tokens were dead. Withings gave new ones.', good: true };
  if (what !== 'refreshed') {
    const { title, what: cause } = PROBLEMS[readCode(what)];
    return { words: title, cause, good: false };
  }
  // Old records say no reason, but what came before.
  const isAfterFailure = !['refreshed', 'connected', 'recovered', undefined].includes(before);
  if (why === 'retry' || (why === undefined && isAfterFailure))
    return { words: 'Recovered', cause: REASONS.retry, good: true };
  const known = Object.entries(REASONS).find(([reason]) => reason === why);
  return { words: 'Refreshed', cause: known?.[1] ?? 'Withings gave new tokens.', good: true };
}
