import type { AnswerCache, Known } from '../dashboard/answer-cache.ts';
import type { News } from '../dashboard/news.ts';
import type { Timezones } from '../dashboard/preferences/timezones.ts';
import { createQuestions, lastDaysAnywhere, type Question, type Stretch } from '../dashboard/questions.ts';
import type { Visits } from '../dashboard/visits.ts';
import type { Grant } from '../store/grant.ts';
import { DAY_MS } from '../time/clocks.ts';
import { addDays, ymdAt } from '../time/days.ts';
import type { ActivityDay, Device, List, Measure, Night } from '../withings/data/records.ts';
import type { Refusal, Result } from '../withings/errors.ts';
import { checkedDays, checkMeasures, type Days, type Moments } from './call-checks.ts';

export interface Answer<T> extends List<T> {
  /** When Withings was asked. */
  askedAt: Date;
  /** Why this is what was last known and nothing newer; null: it is as good as new. */
  stale: Refusal | null;
}

/**
 * A person's data, the newest first. However often and from wherever the same is asked, Withings is asked once while
 * its answer is fresh; what cannot be asked for now is answered as it was last known. Default: the last 30 days.
 */
export interface Reads {
  /** @param types what to measure, by Withings' meastype: 1 is weight. Default: all that this program knows */
  measures(options?: Moments & { types?: number[] }): Promise<Result<Answer<Measure>>>;
  activity(days?: Days): Promise<Result<Answer<ActivityDay>>>;
  nights(days?: Days): Promise<Result<Answer<Night>>>;
  devices(): Promise<Result<Answer<Device>>>;
}

export interface ReadsParts {
  dataFreshSeconds: number;
  answers: Pick<AnswerCache, 'known'>;
  /** Remembers where the person lives, as their answers say. */
  follow: Timezones['follow'];
  newsOf: (grantId: string) => Promise<News | null>;
  now: () => number;
}

const DAYS = 30;

/** @param grantOf whose data; or why there is none */
export function createReads(parts: ReadsParts, visit: Visits, grantOf: () => Promise<Result<Grant>>): Reads {
  const { answers, follow, newsOf, now } = parts;
  const questions = createQuestions(parts.dataFreshSeconds, now);

  async function ask<T>(
    questionOf: (asking: { grant: Grant; news: News | null }) => Question<T>,
  ): Promise<Result<Answer<T>>> {
    const found = await grantOf();
    if (!found.ok) return found;
    const grant = found.value;
    const question = questionOf({ grant, news: await newsOf(grant.id) });
    const answer = await visit(grant, [question], (visitor) => visitor.ask(question));
    if (answer.ok) {
      await follow(grant.id, [{ ok: true, value: answer.value.value }]);
      return { ok: true, value: answerOf(answer.value, null) };
    }
    const { refusal } = answer;
    const known =
      refusal.remedy === 'reconnect' ? null : answers.known<List<T>>(question.key, question.freshness);
    return known ? { ok: true, value: answerOf(known, refusal) } : answer;
  }

  /** Withings was asked for a day more at both ends: nobody knows where the person lives before it has answered. */
  async function ofDays<T extends { date: string }>(
    days: Days,
    name: (asking: { grant: Grant; news: News | null }, about: string, days: [string, string]) => Question<T>,
  ): Promise<Result<Answer<T>>> {
    if ('first' in days) {
      const { first, last } = days;
      return ask((asking) => name(asking, `${first} ${last}`, [first, last]));
    }
    const length = days.days ?? DAYS;
    const answer = await ask((asking) => name(asking, `last ${length}`, lastDaysAnywhere(length, now())));
    if (!answer.ok) return answer;
    const { rows, timezone } = answer.value;
    const first = addDays(ymdAt(now(), timezone ?? 'UTC'), 1 - length);
    return { ok: true, value: { ...answer.value, rows: rows.filter(({ date }) => date >= first) } };
  }

  return {
    measures(options = {}) {
      checkMeasures(options);
      const { types } = options;
      const { about, stretch } = stretchOf(options, now);
      return ask((asking) => questions.measures(asking, `${types ?? ''} ${about}`, stretch, types));
    },
    activity: (days = {}) => ofDays(checkedDays('activity', days), questions.activity),
    nights: (days = {}) => ofDays(checkedDays('nights', days), questions.nights),
    devices: () => ask(({ grant }) => questions.devices(grant)),
  };
}

function answerOf<T>({ value, askedAt }: Known<List<T>>, stale: Refusal | null): Answer<T> {
  return { ...value, askedAt: new Date(askedAt), stale };
}

function stretchOf(moments: Moments, now: () => number): { about: string; stretch: () => Stretch } {
  if ('from' in moments) {
    // Withings asks for seconds, and refuses the same question within ten of them: it has one name here too.
    const [from, until] = [toSecond(moments.from), toSecond(moments.until)];
    return { about: `${from} ${until}`, stretch: () => ({ from, until }) };
  }
  const { days = DAYS } = moments;
  return { about: `last ${days}`, stretch: () => ({ from: now() - days * DAY_MS, until: now() + DAY_MS }) };
}

function toSecond(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}
