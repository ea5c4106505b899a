import type { Grant } from '../store/grant.ts';
import { DAY_MS } from '../time/clocks.ts';
import { addDays, ymdAt } from '../time/days.ts';
import type { Grants } from '../tokens/grants.ts';
import { isDue } from '../tokens/state.ts';
import type { Withings } from '../withings/client.ts';
import type { ActivityDay, Device, List, Measure, Night } from '../withings/data/records.ts';
import { type Result, refuse } from '../withings/errors.ts';
import { MEASTYPES } from '../withings/meastypes.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { Slow, SlowData } from './slow-data.ts';

/** What each service brings. */
export interface Data {
  measures: Measure;
  activity: ActivityDay;
  nights: Night;
  devices: Device;
}

export type Everything = { [Name in keyof Data]: Result<List<Data[Name]>> } & { slow: Slow };

export interface Period {
  days: number;
  /** When Withings last told of news, milliseconds since 1970: answers from before are out of date. */
  newsAt: number;
}

/** What lies between two moments, milliseconds since 1970. */
export interface Stretch {
  from: number;
  until: number;
}

/** A person's data, read through whatever access token is live. Whoever asks has read the grant just before. */
export interface DataLoader {
  /** `newsAt`: as in a Period. */
  measures(grant: Grant, stretch: Stretch, newsAt: number): Promise<Result<List<Measure>>>;
  /**
   * All of them at once, and the grant as it is after that. Of measures a week more than the period, to compare with. What
   * is not there in time is left out with a word; the rest is not held up.
   */
  readAll(grant: Grant, period: Period): Promise<{ grant: Grant | null; data: Everything }>;
}

interface Source<T> {
  scope: string;
  /** The days asked for make another question of it; false: it is the same whatever they are. */
  ranged: boolean;
  ask: (withings: Withings, accessToken: string, now: number, days: number) => Promise<Result<List<T>>>;
}

/** How long a page waits for its panels. */
const TIMEOUT_MS = 3000;

const TYPES = [...MEASTYPES.keys()];

/** A day more at both ends, wherever the person lives: the page leaves out what is not of its days. */
const SOURCES: { [Name in keyof Data]: Source<Data[Name]> } = {
  measures: {
    scope: 'user.metrics',
    ranged: true,
    // Moments to the second, so that two processes seldom ask the same.
    ask: (withings, token, now, days) => {
      const from = now - (days + 1 + COMPARED_DAYS) * DAY_MS;
      return withings.measures(token, TYPES, new Date(from), new Date(now + DAY_MS));
    },
  },
  activity: {
    scope: 'user.activity',
    ranged: true,
    ask: (withings, token, now, days) => withings.activity(token, ...daysAround(now, days)),
  },
  nights: {
    scope: 'user.activity',
    ranged: true,
    ask: (withings, token, now, days) => withings.nights(token, ...daysAround(now, days)),
  },
  devices: { scope: 'user.info', ranged: false, ask: (withings, token) => withings.devices(token) },
};

/** A trend begins with the week before it. */
const COMPARED_DAYS = 7;

function daysAround(now: number, days: number): [string, string] {
  const today = ymdAt(now, 'UTC');
  return [addDays(today, -days), addDays(today, 1)];
}

export interface DataLoaderParts {
  grants: Grants;
  withings: Withings;
  now: () => number;
  sleep: (milliseconds: number) => Promise<unknown>;
  refreshMarginSeconds: number;
  answers: AnswerCache;
  slowData: Pick<SlowData, 'known' | 'ask'>;
}

export function createDataLoader(parts: DataLoaderParts): DataLoader {
  const { grants, withings, now, sleep, refreshMarginSeconds, answers, slowData } = parts;

  async function load<Name extends keyof Data>(
    fresh: Result<Grant>,
    name: Name,
    { days, newsAt }: Period,
  ): Promise<Result<List<Data[Name]>>> {
    if (!fresh.ok) return fresh;
    const grant = fresh.value;
    const { scope, ranged, ask }: Source<Data[Name]> = SOURCES[name];
    if (!grant.scope.includes(scope)) return refuse('scope-missing');
    const question = `${grant.id} ${name} ${ranged ? days : ''}`;
    const call = (accessToken: string) => ask(withings, accessToken, now(), days);
    return answers.ask(question, ranged ? newsAt : 0, () => grants.use(grant, call));
  }

  return {
    async measures(asking, { from, until }, newsAt) {
      const fresh = await grants.fresh(asking);
      if (!fresh.ok) return fresh;
      const grant = fresh.value;
      if (!grant.scope.includes(SOURCES.measures.scope)) return refuse('scope-missing');
      const last = Math.min(until, now() + DAY_MS);
      return answers.ask(`${grant.id} measures ${from} ${until}`, newsAt, () =>
        grants.use(grant, (token) => withings.measures(token, TYPES, new Date(from), new Date(last))),
      );
    },

    async readAll(grant, period) {
      const fresh = await grants.fresh(grant);
      const late = sleep(TIMEOUT_MS).then(() => refuse('withings-timeout'));
      const inTime = <Name extends keyof Data>(name: Name): Promise<Result<List<Data[Name]>>> =>
        Promise.race([load(fresh, name, period), late]);
      const [measures, activity, nights, devices] = await Promise.all([
        inTime('measures'),
        inTime('activity'),
        inTime('nights'),
        inTime('devices'),
      ]);
      const lists = { measures, activity, nights, devices };
      const isSettled =
        fresh.ok &&
        !isDue(fresh.value, refreshMarginSeconds, now()) &&
        Object.values(lists).every(({ ok }) => ok);
      const isAnswering = Object.values(lists).some(({ ok }) => ok);
      if (fresh.ok && isAnswering) slowData.ask(fresh.value); // after what the page waits for
      const slow = slowData.known(grant);
      // A refresh that was due may be done by now, and what was refused may have ended the grant.
      return { grant: isSettled ? fresh.value : await grants.read(grant.id), data: { ...lists, slow } };
    },
  };
}
