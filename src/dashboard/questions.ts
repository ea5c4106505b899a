import type { Grant } from '../store/grant.ts';
import type { Service } from '../store/store.ts';
import { DAY_MS } from '../time/clocks.ts';
import { addDays, daysBetween, ymdAt } from '../time/days.ts';
import type { ActivityDay, Device, List, Measure, Night } from '../withings/data/records.ts';
import type { DataCalls } from '../withings/data-calls.ts';
import type { Result } from '../withings/errors.ts';
import { MEASTYPES } from '../withings/meastypes.ts';
import type { Freshness } from './answer-cache.ts';
import type { News } from './news.ts';

/** What each service brings. */
export interface Data {
  measures: Measure;
  activity: ActivityDay;
  nights: Night;
  devices: Device;
}

/** What lies between two moments, milliseconds since 1970. */
export interface Stretch {
  from: number;
  until: number;
}

/** One question to one service about one person. */
export interface Question<T> {
  /** Begins with the id of the grant. */
  key: string;
  scope: string;
  freshness: Freshness;
  /** How many calls it will take, as far as can be known. */
  calls: number;
  ask: (calls: DataCalls, accessToken: string) => Promise<Result<List<T>>>;
}

export type Questions = { [Name in keyof Data]: Question<Data[Name]> };

/** What Withings would tell us of is good for so long without its word. */
const TOLD_FOR_MS = 3_600_000;
/** A page of Withings' summaries (seen). */
const DAYS_A_CALL = 300;
/** A trend begins with the week before it. */
const COMPARED_DAYS = 7;
const TYPES = [...MEASTYPES.keys()];

/** @param dataFreshSeconds an answer is not asked for again for so long */
export function createQuestions(dataFreshSeconds: number, now: () => number) {
  function freshness({ connectedAt }: Grant, news: News | null, service: Service): Freshness {
    const forMs = news?.told.includes(service) ? TOLD_FOR_MS : dataFreshSeconds * 1000;
    return { forMs, newsAt: news?.newsOf[service] ?? 0, since: connectedAt };
  }

  /** @param about names the stretch: one that moves on with the clock by its length */
  function measures(
    { grant, news }: Asking,
    about: string | number,
    stretch: () => Stretch,
    types: number[] = TYPES,
  ): Question<Measure> {
    return {
      key: `${grant.id} measures ${about}`,
      scope: 'user.metrics',
      freshness: freshness(grant, news, 'measures'),
      calls: 1,
      ask(calls, token) {
        const { from, until } = stretch();
        const last = Math.min(until, now() + DAY_MS);
        // Of days to come Withings has nothing, and a list that ends before it begins is no question.
        return calls.measures(token, types, new Date(Math.min(from, last)), new Date(last));
      },
    };
  }

  /** Both ends included. */
  function summaries<Name extends 'activity' | 'nights'>(
    name: Name,
    { grant, news }: Asking,
    about: string | number,
    [first, last]: readonly [string, string],
    ask: Question<Data[Name]>['ask'],
  ): Question<Data[Name]> {
    return {
      key: `${grant.id} ${name} ${about}`,
      scope: 'user.activity',
      freshness: freshness(grant, news, name),
      calls: Math.max(1, Math.ceil(daysBetween(first, last) / DAYS_A_CALL)),
      ask,
    };
  }

  const questions = {
    measures,
    activity: (asking: Asking, about: string | number, days: readonly [string, string]) =>
      summaries('activity', asking, about, days, (calls, token) => calls.activity(token, ...days)),
    nights: (asking: Asking, about: string | number, days: readonly [string, string]) =>
      summaries('nights', asking, about, days, (calls, token) => calls.nights(token, ...days)),
    devices: (grant: Grant): Question<Device> => ({
      key: `${grant.id} devices`,
      scope: 'user.info',
      freshness: { forMs: DAY_MS, newsAt: 0, since: grant.connectedAt },
      calls: 1,
      ask: (calls, token) => calls.devices(token),
    }),
  };

  return {
    ...questions,
    /** A day more at both ends, wherever the person lives: the page leaves out what is not of its days. */
    ofPage(grant: Grant, days: number, news: News | null): Questions {
      const asking = { grant, news };
      const ymds = lastDaysAnywhere(days, now());
      const from = now() - (days + 1 + COMPARED_DAYS) * DAY_MS;
      return {
        measures: questions.measures(asking, days, () => ({ from, until: now() + DAY_MS })),
        activity: questions.activity(asking, days, ymds),
        nights: questions.nights(asking, days, ymds),
        devices: questions.devices(grant),
      };
    },
  };
}

/** Whose data, and what Withings has told of them. */
interface Asking {
  grant: Grant;
  news: News | null;
}

/** The last so many days and the next, wherever somebody lives. */
export function lastDaysAnywhere(days: number, now: number): [first: string, last: string] {
  const today = ymdAt(now, 'UTC');
  return [addDays(today, -days), addDays(today, 1)];
}
