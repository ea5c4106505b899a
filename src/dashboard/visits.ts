import type { Grant } from '../store/grant.ts';
import type { Grants } from '../tokens/grants.ts';
import { callsToRefresh } from '../tokens/renewal.ts';
import { backoffFor, isDue, isUsable } from '../tokens/state.ts';
import type { Withings } from '../withings/client.ts';
import type { List } from '../withings/data/records.ts';
import { noTurn, type Result, refuse } from '../withings/errors.ts';
import type { Turn } from '../withings/rate-limit.ts';
import type { AnswerCache, Known } from './answer-cache.ts';
import type { Question } from './questions.ts';

export interface VisitParts {
  grants: Pick<Grants, 'fresh' | 'use'>;
  withings: Pick<Withings, 'turn' | 'at' | 'callsPerRefresh'>;
  answers: Pick<AnswerCache, 'isFresh' | 'ask'>;
  now: () => number;
  refreshMarginSeconds: number;
  /** Whose calls go first: those of somebody who waits, by default. */
  priority?: 'data' | 'background';
}

/** Somebody who was let in with all that they are going to call, or who knows when to come again. */
export interface Visit {
  /** The grant as it may be used; or why not. */
  fresh: Result<Grant>;
  ask<T>(question: Question<T>): Promise<Result<Known<List<T>>>>;
}

/**
 * Lets somebody in who has these questions. `asking` asks them at once, before it waits for anything: whoever comes next
 * for the same person finds them asked.
 */
export type Visits = <T>(
  grant: Grant,
  questions: Question<unknown>[],
  asking: (visit: Visit) => Promise<T>,
) => Promise<T>;

export function createVisits({
  grants,
  withings,
  answers,
  now,
  priority = 'data',
  ...parts
}: VisitParts): Visits {
  /** People who are being let in: the grant with which they were, or why they were not; null: nobody knows. */
  const entering = new Map<string, Promise<Result<Grant> | null>>();

  /** How many calls there will be; 0: none, or none can be made. */
  function callsFor(grant: Grant, questions: Question<unknown>[]): number {
    const isOut = !isUsable(grant, now());
    if (grant.ended || (isOut && backoffFor(grant, now()) > 0)) return 0;
    const asked = questions.filter(
      ({ key, scope, freshness }) => grant.scope.includes(scope) && !answers.isFresh(key, freshness),
    );
    if (asked.length === 0 && !isOut) return 0;
    const refresh = isDue(grant, parts.refreshMarginSeconds, now()) ? callsToRefresh(grant, withings) : 0;
    return asked.reduce((sum, { calls }) => sum + calls, refresh);
  }

  async function enter<T>(
    grant: Grant,
    questions: Question<unknown>[],
    asking: (visit: Visit) => Promise<T>,
  ): Promise<{ fresh: Result<Grant>; done: Promise<T> }> {
    const calls = callsFor(grant, questions);
    const turn = calls > 0 ? await withings.turn({ priority, calls, person: grant.id }) : null;
    if (typeof turn === 'number') {
      const fresh = noTurn(turn);
      return { fresh, done: asking(visitOf(grant, fresh, null)) };
    }
    const asked: Promise<unknown>[] = [];
    try {
      const fresh = await grants.fresh(grant, turn ?? priority);
      return { fresh, done: asking(visitOf(grant, fresh, turn, asked)) };
    } finally {
      if (turn) void Promise.allSettled(asked).then(turn.end);
    }
  }

  function visitOf(
    grant: Grant,
    fresh: Result<Grant>,
    turn: Turn | null,
    asked: Promise<unknown>[] = [],
  ): Visit {
    const via = turn ?? priority;
    const calls = withings.at(via);
    return {
      fresh,
      ask<T>({ key, scope, freshness, ask }: Question<T>) {
        if (!(fresh.ok ? fresh.value : grant).scope.includes(scope)) {
          return Promise.resolve(refuse('scope-missing'));
        }
        if (!fresh.ok && !answers.isFresh(key, freshness)) return Promise.resolve(fresh);
        const use = async () =>
          fresh.ok ? grants.use(fresh.value, (token) => ask(calls, token), via) : fresh;
        const answer = answers.ask(key, freshness, use);
        asked.push(answer);
        return answer;
      },
    };
  }

  return async (grant, questions, asking) => {
    const { id } = grant;
    let latest = grant;
    // One after the other: many tabs of one person ask what one asks, and go on with the turn and the tokens that one got.
    for (let before = entering.get(id); before; before = entering.get(id)) {
      if (callsFor(latest, questions) === 0) break;
      const fresh = await before;
      if (fresh && !fresh.ok) return asking(visitOf(latest, fresh, null));
      if (fresh) latest = fresh.value;
    }
    const entered = enter(latest, questions, asking);
    const isIn = entered
      .then(({ fresh }) => fresh)
      .catch(() => null)
      .then((fresh) => {
        if (entering.get(id) === isIn) entering.delete(id);
        return fresh;
      });
    if (!entering.has(id)) entering.set(id, isIn);
    return (await entered).done;
  };
}
