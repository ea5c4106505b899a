import { PROBLEMS } from '../problems/catalogue.ts';
import type { Service } from '../store/store.ts';
import type { RefusalCode } from '../withings/errors.ts';
import type { Moment, Wording } from './preferences/wording.ts';

/** How a person's subscriptions to notifications stand. Milliseconds since 1970; 0: never. */
export interface News {
  newsAt: number;
  newsOf: Record<Service, number>;
  /** What Withings tells all news of. */
  told: Service[];
  state: { categories: number[]; checkedAt: number; problem: RefusalCode | null } | null;
}

/** Apart from the tokens: when notifications fail, the connection is as good as ever. */
export function newsWords({ newsAt, state }: News, { moment }: Wording) {
  const latest: Moment | null = newsAt > 0 ? moment(newsAt) : null;
  if (!state || state.checkedAt === 0) return { words: 'Being set up', advice: null, latest };
  if (state.problem === null) return { words: 'Withings tells us at once', advice: null, latest };
  const { title } = PROBLEMS[state.problem];
  return {
    words: 'Withings does not tell us at once',
    advice: `${title}. What is new shows when you open this page; we try again by ourselves.`,
    latest,
  };
}
