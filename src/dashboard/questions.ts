import type { Grant } from '../store/grant.ts';
import type { Service } from '../store/store.ts';
import { DAY_MS } from '../time/clocks.ts';
import { addDays, ymdAt } from '../time/days.ts';
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

  return {
    /** A day more at both ends, wherever the person lives: the page leaves out what is not of its days. */
    ofPage(grant: Grant, days: number, news: News | null): Questions {
      const today = ymdAt(now(), 'UTC');
      const ymds = [addDays(today, -days), addDays(today, 1)] as const;
      const from = now() - (days + 1 + COMPARED_DAYS) * DAY_MS;
      const summaries = { scope: 'user.activity', calls: Math.ceil(days / DAYS_A_CALL) };
      return {
        measures: {
          key: `${grant.id} measures ${days}`,
          scope: 'user.metrics',
          freshness: freshness(grant, news, 'measures'),
          calls: 1,
          ask: (calls, token) => calls.measures(token, TYPES, new Date(from), new Date(now() + DAY_MS)),
        },
        activity: {
          ...summaries,
          key: `${grant.id} activity ${days}`,
          freshness: freshness(grant, news, 'activity'),
          ask: (calls, token) => calls.activity(token, ...ymds),
        },
        nights: {
          ...summaries,
          key: `${grant.id} nights ${days}`,
          freshness: freshness(grant, news, 'nights'),
          ask: (calls, token) => calls.nights(token, ...ymds),
        },
        devices: {
          key: `${grant.id} devices`,
          scope: 'user.info',
          freshness: { forMs: DAY_MS, newsAt: 0, since: grant.connectedAt },
          calls: 1,
          ask: (calls, token) => calls.devices(token),
        },
      };
    },

    measures(grant: Grant, { from, until }: Stretch, news: News | null): Question<Measure> {
      const last = Math.min(until, now() + DAY_MS);
      return {
        key: `${grant.id} measures ${from} ${until}`,
        scope: 'user.metrics',
        freshness: freshness(grant, news, 'measures'),
        calls: 1,
        // Of days to come Withings has nothing, and a list that ends before it begins is no question.
        ask: (calls, token) => calls.measures(token, TYPES, new Date(Math.min(from, last)), new Date(last)),
      };
    },
  };
}
