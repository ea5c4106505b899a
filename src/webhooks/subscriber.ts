import type { Grant } from '../session/grant.ts';
import type { Store } from '../session/store.ts';
import type { Grants } from '../tokens/grants.ts';
import type { Withings } from '../withings/client.ts';
import type { Result } from '../withings/errors.ts';
import { MEASTYPES } from '../withings/meastypes.ts';
import type { Address } from './address.ts';
import { categoriesFor } from './categories.ts';
import { readState, type SubscriptionState } from './state.ts';

export interface SubscriberParts {
  store: Pick<Store, 'readSubscriptions' | 'writeSubscriptions' | 'claimSubscriptions' | 'hearNews'>;
  grants: Pick<Grants, 'read' | 'use'>;
  withings: Withings;
  address: Address;
  now: () => number;
  sleep: (ms: number) => Promise<unknown>;
  sweepSeconds: number;
  report: (error: unknown) => void;
}

/** Keeps people's subscriptions as they should be, and asks for news that no notification told of. */
export interface Subscriber {
  /** Looks now, then every `sweepSeconds`, at whoever is due: new connections at once, everybody once a day. */
  start(): void;
  /** Somebody has connected: no need to wait for the next look. */
  wake(): void;
  /** Ends the subscriptions of someone who leaves. What fails here ends by itself when nobody answers any more. */
  end(grant: Grant): Promise<void>;
  /** One look. */
  round(): Promise<void>;
  /** Resolves when the look under way has come to a halt. */
  stop(): Promise<void>;
}

const DAY = 86_400_000;
const RETRY_MS = 5 * 60_000;
/** Withings refuses the same question within ten seconds. */
const BUSY_MS = 15_000;
const PEOPLE_A_ROUND = 20;
/** About ten calls a person: 80 of the 120 a minute that Withings allows an application. */
const PACE_OF_CALLS_MS = 250;
const PACE_OF_PEOPLE_MS = 5000;
/** Clocks differ, and Withings files things a little after they happen. */
const OVERLAP_MS = 2 * 60_000;

type Paced<T> = { ok: true; value: T } | { ok: false; code: string };

export function createSubscriber(parts: SubscriberParts): Subscriber {
  const { store, grants, withings, address, now, sleep, report } = parts;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;

  /** Subscribes to what is missing. The code of what was in the way, or null. */
  async function subscribe(grant: Grant, known: number[]): Promise<string | null> {
    const listed = await paced(grant, (token) => withings.subscriptions(token));
    if (!listed.ok) return listed.code;
    const old = listed.value.filter(
      ({ callbackUrl }) => address.isOurs(callbackUrl) && callbackUrl !== address.current,
    );
    const present = listed.value
      .filter(({ callbackUrl }) => callbackUrl === address.current)
      .map(({ appli }) => appli);
    known.push(...present);
    for (const appli of categoriesFor(grant.scope).filter((each) => !present.includes(each))) {
      const made = await paced(grant, (token) =>
        withings.subscribe(token, { appli, callbackUrl: address.current }),
      );
      if (!made.ok) return made.code === 'redirect-uri-refused' ? 'callback-refused' : made.code;
      known.push(appli);
    }
    // Only now: between the two addresses no news falls through.
    for (const subscription of old) await paced(grant, (token) => withings.unsubscribe(token, subscription));
    return null;
  }

  /** Whether anything came in since then. Notifications that were missed are not sent again (Withings). */
  async function anythingSince(grant: Grant, since: Date): Promise<Paced<boolean>> {
    const questions: [string, (token: string) => Promise<Result<unknown[]>>][] = [
      ['user.metrics', (token) => withings.measuresChanged(token, [...MEASTYPES.keys()], since)],
      ['user.activity', (token) => withings.activity(token, since)],
      ['user.activity', (token) => withings.nights(token, since)],
    ];
    for (const [, ask] of questions.filter(([scope]) => grant.scope.includes(scope))) {
      const answer = await paced(grant, ask);
      if (!answer.ok || answer.value.length > 0) return answer.ok ? { ok: true, value: true } : answer;
    }
    return { ok: true, value: false };
  }

  async function paced<T>(grant: Grant, call: (token: string) => Promise<Result<T>>): Promise<Paced<T>> {
    await sleep(PACE_OF_CALLS_MS);
    const used = await grants.use(grant.id, call);
    if (used.state !== 'answered')
      return { ok: false, code: used.state === 'gone' ? 'not-connected' : used.code };
    return used.answer.ok ? used.answer : { ok: false, code: used.answer.refusal.code };
  }

  async function tend(id: string): Promise<void> {
    const begun = now();
    const grant = await grants.read(id);
    if (!grant) return;
    const { state } = await readState(store, id);
    const before = state ?? { categories: [], checkedAt: 0, problem: null, newsUntil: begun };
    const keep = (change: Partial<SubscriptionState>, dueAt: number) =>
      store.writeSubscriptions(id, JSON.stringify({ ...before, ...change }), dueAt);
    if (grant.ended) return void (await keep({}, begun + DAY)); // connecting again makes it due at once

    const categories: number[] = [];
    let problem = await subscribe(grant, categories);
    let newsUntil = before.newsUntil;
    if (problem === null && state !== null) {
      const news = await anythingSince(grant, new Date(before.newsUntil - OVERLAP_MS));
      problem = news.ok ? null : news.code;
      if (news.ok && news.value) await store.hearNews(id, now());
    }
    if (problem === 'withings-busy') return void (await keep({}, now() + BUSY_MS)); // says nothing about subscriptions
    if (problem === null) newsUntil = begun;
    await keep(
      { categories, checkedAt: now(), problem, newsUntil },
      now() + (problem === null ? DAY : RETRY_MS),
    );
  }

  async function look(): Promise<void> {
    const due = await store.claimSubscriptions(now(), RETRY_MS, PEOPLE_A_ROUND);
    for (const [turn, id] of due.entries()) {
      if (turn > 0) await sleep(PACE_OF_PEOPLE_MS);
      if (stopping) return;
      await tend(id).catch(async (error) => {
        report(error);
        await store.writeSubscriptions(id, 'null', now() + DAY).catch(report); // it must not stand in the way of others
      });
    }
  }

  function round(): Promise<void> {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  function run(): void {
    clearTimeout(timer);
    round()
      .catch(report)
      .then(() => {
        clearTimeout(timer);
        if (!stopping) timer = setTimeout(run, parts.sweepSeconds * 1000).unref();
      });
  }

  return {
    start: run,
    wake: () => {
      if (!stopping) (looking ?? Promise.resolve()).then(run, run);
    },
    async end({ accessToken, scope }) {
      const all = categoriesFor(scope).map((appli) => ({ appli, callbackUrl: address.current }));
      await Promise.all(all.map((subscription) => withings.unsubscribe(accessToken, subscription)));
    },
    round,
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await looking?.catch(() => {});
    },
  };
}
