import type { Grant } from '../store/grant.ts';
import type { Grants } from '../tokens/grants.ts';
import { isDue } from '../tokens/state.ts';
import type { Withings } from '../withings/client.ts';
import type { List, Measure } from '../withings/data/records.ts';
import { mapResult, type Result, refuse } from '../withings/errors.ts';
import type { AnswerCache, Known } from './answer-cache.ts';
import type { News } from './news.ts';
import { createQuestions, type Data, type Question, type Stretch } from './questions.ts';
import type { Slow, SlowData } from './slow-data.ts';
import { allTogether, type Stale, secondsToTurn } from './stale.ts';
import { createVisits } from './visits.ts';

export type Everything = { [Name in keyof Data]: Result<List<Data[Name]>> } & { slow: Slow };

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
  /** The connection is gone, and what is known of the person with it. */
  forget(grantId: string): void;
}

export interface DataLoaderParts {
  grants: Grants;
  withings: Withings;
  now: () => number;
  sleep: (milliseconds: number) => Promise<unknown>;
  refreshMarginSeconds: number;
  /** An answer is not asked for again for so long. */
  dataFreshSeconds: number;
  answers: AnswerCache;
  /** Anybody can ask for any days: what is known of those drives nothing out that pages show. */
  exports: AnswerCache;
  slowData: Pick<SlowData, 'known' | 'ask' | 'forget'>;
}

interface Shown<T> {
  isNew: boolean;
  list: Result<List<T>>;
  stale: Stale | null;
}

/** How long a page waits for its panels. */
const TIMEOUT_MS = 3000;

export function createDataLoader(parts: DataLoaderParts): DataLoader {
  const { grants, now, sleep, refreshMarginSeconds, dataFreshSeconds, answers, exports, slowData } = parts;
  const questions = createQuestions(dataFreshSeconds, now);
  const visit = createVisits(parts);
  const exporting = createVisits({ ...parts, answers: exports });

  /** What Withings answers, or else what was known before. */
  async function shown<T>(question: Question<T>, asked: Promise<Result<Known<List<T>>>>): Promise<Shown<T>> {
    const answer = await asked;
    if (answer.ok) return { isNew: true, list: { ok: true, value: answer.value.value }, stale: null };
    const { refusal } = answer;
    const known =
      refusal.remedy === 'reconnect' ? null : answers.known<List<T>>(question.key, question.freshness);
    if (known)
      return {
        isNew: false,
        list: { ok: true, value: known.value },
        stale: { askedAt: known.askedAt, refusal },
      };
    const isWaiting = secondsToTurn(refusal) !== null;
    return { isNew: false, list: answer, stale: isWaiting ? { askedAt: null, refusal } : null };
  }

  return {
    async measures(grant, stretch, news) {
      const { from, until } = stretch;
      const question = questions.measures({ grant, news }, `${from} ${until}`, () => stretch);
      const answer = await exporting(grant, [question], ({ ask }) => ask(question));
      return mapResult(answer, ({ value }) => value);
    },

    async readAll(asking, days, news) {
      const asked = questions.ofPage(asking, days, news);
      return visit(asking, Object.values(asked), async ({ fresh, ask }) => {
        const late = sleep(TIMEOUT_MS).then(() => refuse('withings-timeout'));
        const inTime = <T>(question: Question<T>) => shown(question, Promise.race([ask(question), late]));
        const all = await Promise.all([
          inTime(asked.measures),
          inTime(asked.activity),
          inTime(asked.nights),
          inTime(asked.devices),
        ]);
        const [measures, activity, nights, devices] = all;
        const isDone = fresh.ok && !isDue(fresh.value, refreshMarginSeconds, now());
        if (fresh.ok && all.some(({ list }) => list.ok)) slowData.ask(fresh.value); // after what the page waits for
        return {
          // A refresh that was due may be done by now, and what was refused may have ended the grant.
          grant: isDone && all.every(({ isNew }) => isNew) ? fresh.value : await grants.read(asking.id),
          data: {
            measures: measures.list,
            activity: activity.list,
            nights: nights.list,
            devices: devices.list,
            slow: slowData.known(fresh.ok ? fresh.value : asking),
          },
          stale: allTogether(all.flatMap(({ stale }) => stale ?? [])),
        };
      });
    },

    expire(grantId) {
      answers.expire(`${grantId} `);
      exports.expire(`${grantId} `);
    },
    forget(grantId) {
      answers.forget(`${grantId} `);
      exports.forget(`${grantId} `);
      slowData.forget(grantId);
    },
  };
}
