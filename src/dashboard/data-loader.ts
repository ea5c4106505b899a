import type { Grant } from '../store/grant.ts';
import type { Service } from '../store/store.ts';
import { DAY_MS } from '../time/clocks.ts';
import { addDays, ymdAt } from '../time/days.ts';
import type { Grants } from '../tokens/grants.ts';
import { isDue, isUsable } from '../tokens/state.ts';
import type { Withings } from '../withings/client.ts';
import type { ActivityDay, Device, List, Measure, Night } from '../withings/data/records.ts';
import type { DataCalls } from '../withings/data-calls.ts';
import { type Result, refuse } from '../withings/errors.ts';
import { MEASTYPES } from '../withings/meastypes.ts';
import type { Turn } from '../withings/rate-limit.ts';
import type { AnswerCache, Freshness, Known } from './answer-cache.ts';
import type { News } from './news.ts';
import type { Slow, SlowData } from './slow-data.ts';
import { type Stale, secondsToTurn } from './stale.ts';

/** What each service brings. */
export interface Data {
  measures: Measure;
  activity: ActivityDay;
  nights: Night;
  devices: Device;
}

export type Everything = { [Name in keyof Data]: Result<List<Data[Name]>> } & { slow: Slow };

/** What lies between two moments, milliseconds since 1970. */
export interface Stretch {
  from: number;
  until: number;
}

/** A person's data, read through whatever access token is live. Whoever asks has read the grant just before. */
export interface DataLoader {
  measures(grant: Grant, stretch: Stretch, news: News | null): Promise<Result<List<Measure>>>;
  /**
   * All of them at once, and the grant as it is after that. Of measures a week more than so many days, to compare with.
   * What cannot be asked for now, or is not there in time, is shown as it was last known; `stale` says so.
   */
  readAll(
    grant: Grant,
    days: number,
    news: News | null,
  ): Promise<{
    grant: Grant | null;
    data: Everything;
    stale: Stale | null;
  }>;
  /** The person wants to see what is new, whatever is known. */
  expire(grantId: string): void;
}

/** One question to one service. */
interface Question<T> {
  key: string;
  scope: string;
  freshness: Freshness;
  /** How many calls it will take, as far as can be known. */
  calls: number;
  ask: (calls: DataCalls, accessToken: string) => Promise<Result<List<T>>>;
}

type Questions = { [Name in keyof Data]: Question<Data[Name]> };

/** How long a page waits for its panels. */
const TIMEOUT_MS = 3000;
/** What Withings would tell us of is good for so long without its word. */
const TOLD_FOR_MS = 3_600_000;
/** A page of Withings' summaries (seen). */
const DAYS_A_CALL = 300;
/** A trend begins with the week before it. */
const COMPARED_DAYS = 7;
const TYPES = [...MEASTYPES.keys()];

export interface DataLoaderParts {
  grants: Grants;
  withings: Withings;
  now: () => number;
  sleep: (milliseconds: number) => Promise<unknown>;
  refreshMarginSeconds: number;
  /** An answer is not asked for again for so long. */
  dataFreshSeconds: number;
  answers: AnswerCache;
  slowData: Pick<SlowData, 'known' | 'ask'>;
}

export function createDataLoader(parts: DataLoaderParts): DataLoader {
  const { grants, withings, now, sleep, refreshMarginSeconds, dataFreshSeconds, answers, slowData } = parts;

  function freshness(news: News | null, service: Service): Freshness {
    const forMs = news?.told.includes(service) ? TOLD_FOR_MS : dataFreshSeconds * 1000;
    return { forMs, newsAt: news?.newsOf[service] ?? 0 };
  }

  /** A day more at both ends, wherever the person lives: the page leaves out what is not of its days. */
  function questionsOf({ id }: Grant, days: number, news: News | null): Questions {
    const today = ymdAt(now(), 'UTC');
    const ymds = [addDays(today, -days), addDays(today, 1)] as const;
    const summaries = {
      scope: 'user.activity',
      calls: Math.ceil(days / DAYS_A_CALL),
    };
    const from = now() - (days + 1 + COMPARED_DAYS) * DAY_MS;
    return {
      measures: {
        key: `${id} measures ${days}`,
        scope: 'user.metrics',
        freshness: freshness(news, 'measures'),
        calls: 1,
        ask: (calls, token) => calls.measures(token, TYPES, new Date(from), new Date(now() + DAY_MS)),
      },
      activity: {
        ...summaries,
        key: `${id} activity ${days}`,
        freshness: freshness(news, 'activity'),
        ask: (calls, token) => calls.activity(token, ...ymds),
      },
      nights: {
        ...summaries,
        key: `${id} nights ${days}`,
        freshness: freshness(news, 'nights'),
        ask: (calls, token) => calls.nights(token, ...ymds),
      },
      devices: {
        key: `${id} devices`,
        scope: 'user.info',
        freshness: { forMs: DAY_MS, newsAt: 0 },
        calls: 1,
        ask: (calls, token) => calls.devices(token),
      },
    };
  }

  /** Lets a visit in with all that it is going to call; null: it calls nobody. Else milliseconds to wait. */
  async function enter(grant: Grant, questions: Question<unknown>[]): Promise<Turn | number | null> {
    if (grant.ended) return null;
    const asking = questions.filter(
      ({ key, scope, freshness }) => grant.scope.includes(scope) && !answers.isFresh(key, freshness),
    );
    if (asking.length === 0 && isUsable(grant, now())) return null;
    const calls = asking.reduce((sum, question) => sum + question.calls, 0);
    const refresh = isDue(grant, refreshMarginSeconds, now()) ? withings.callsPerRefresh : 0;
    return withings.turn({ priority: 'data', calls: calls + refresh, person: grant.id });
  }

  async function begin(asking: Grant, questions: Question<unknown>[]): Promise<Visit> {
    const turn = await enter(asking, questions);
    const via = turn === null || typeof turn === 'number' ? 'data' : turn;
    const fresh = typeof turn === 'number' ? noTurn(turn) : await grants.fresh(asking, via);
    const calls = withings.at(via);
    const asked: Promise<unknown>[] = [];
    return {
      fresh,
      ask<T>({ key, scope, freshness, ask }: Question<T>) {
        if (!(fresh.ok ? fresh.value : asking).scope.includes(scope)) {
          return Promise.resolve(refuse('scope-missing'));
        }
        if (!fresh.ok && !answers.isFresh(key, freshness)) return Promise.resolve(fresh);
        const use = async () =>
          fresh.ok ? grants.use(fresh.value, (token) => ask(calls, token), via) : fresh;
        const answer = answers.ask(key, freshness, use);
        asked.push(answer);
        return answer;
      },
      end() {
        if (typeof via !== 'string') Promise.allSettled(asked).then(via.end, via.end);
      },
    };
  }

  return {
    async measures(grant, { from, until }, news) {
      const last = Math.min(until, now() + DAY_MS);
      const question: Question<Measure> = {
        key: `${grant.id} measures ${from} ${until}`,
        scope: 'user.metrics',
        freshness: freshness(news, 'measures'),
        calls: 1,
        // Of days to come Withings has nothing, and a list that ends before it begins is no question.
        ask: (calls, token) => calls.measures(token, TYPES, new Date(Math.min(from, last)), new Date(last)),
      };
      const visit = await begin(grant, [question]);
      const answer = await visit.ask(question);
      visit.end();
      return answer.ok ? { ok: true, value: answer.value.value } : answer;
    },

    async readAll(asking, days, news) {
      const questions = questionsOf(asking, days, news);
      const visit = await begin(asking, Object.values(questions));
      const late = sleep(TIMEOUT_MS).then(() => refuse('withings-timeout'));
      const stale: Stale[] = [];
      let isComplete = true;
      async function shown<T>(question: Question<T>): Promise<Result<List<T>>> {
        const answer = await Promise.race([visit.ask(question), late]);
        if (answer.ok) return { ok: true, value: answer.value.value };
        isComplete = false;
        const { refusal } = answer;
        const known = refusal.remedy === 'reconnect' ? null : answers.known<List<T>>(question.key);
        if (known || secondsToTurn(refusal) !== null) {
          stale.push({ askedAt: known?.askedAt ?? null, refusal });
        }
        return known ? { ok: true, value: known.value } : answer;
      }
      const [measures, activity, nights, devices] = await Promise.all([
        shown(questions.measures),
        shown(questions.activity),
        shown(questions.nights),
        shown(questions.devices),
      ]);
      visit.end();
      const lists = { measures, activity, nights, devices };
      const { fresh } = visit;
      const isSettled = fresh.ok && !isDue(fresh.value, refreshMarginSeconds, now()) && isComplete;
      const isAnswering = Object.values(lists).some(({ ok }) => ok);
      if (fresh.ok && isAnswering) slowData.ask(fresh.value); // after what the page waits for
      return {
        // A refresh that was due may be done by now, and what was refused may have ended the grant.
        grant: isSettled ? fresh.value : await grants.read(asking.id),
        data: { ...lists, slow: slowData.known(asking) },
        stale: oldest(stale),
      };
    },

    expire: (grantId) => answers.expire(`${grantId} `),
  };
}

interface Visit {
  fresh: Result<Grant>;
  ask<T>(question: Question<T>): Promise<Result<Known<List<T>>>>;
  /** The turn ends when all that was asked has been answered. */
  end(): void;
}

function noTurn(waitMs: number): Result<never> {
  return refuse('quota-used-up', { sent: false, retryAfterSeconds: Math.ceil(waitMs / 1000) });
}

function oldest(stale: Stale[]): Stale | null {
  return stale.toSorted((a, b) => (a.askedAt ?? 0) - (b.askedAt ?? 0))[0] ?? null;
}
