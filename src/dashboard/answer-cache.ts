import { deserialize, serialize } from 'node:v8';
import type { PubSub } from '../store/pubsub.ts';

/** What a service brought, or the code of what was in the way. */
export type Outcome<T> =
  | { ok: true; value: T[] }
  | { ok: false; code: string; retryAfterSeconds: number | null };

/** Answers of Withings, asked for once by all processes together. */
export interface AnswerCache {
  /**
   * The answer to the same question of a moment ago, or else a new one. `newsAt`: what was asked before that moment,
   * milliseconds since 1970, is out of date.
   */
  ask<T>(question: string, newsAt: number, ask: () => Promise<Asked<T>>): Promise<Outcome<T>>;
}

export interface Asked<T> {
  outcome: Outcome<T>;
  /** Others may have it. */
  isWorth: boolean;
}

export interface AnswerCacheParts {
  now: () => number;
  sleep: (milliseconds: number) => Promise<unknown>;
  /** How processes tell each other; null: this one is alone. Health data are told, and kept nowhere. */
  pubsub: PubSub | null;
}

/** Withings refuses a person's identical call within 10 seconds: one answer serves everybody for a little longer. */
const SHARED_FOR_MS = 15_000;
const MAX_SHARED = 4000;
/** How long another process may still take that has asked just before. */
const THEIRS_WITHIN_MS = 2000;

/** However often there are news: a storm of them must not use up the calls of everybody. */
const AFRESH_EVERY_MS = 10_000;

interface Entry {
  askedAt: number;
  /** It was asked because there were news. */
  afresh: boolean;
  outcome: Promise<Outcome<unknown>>;
}

export function createAnswerCache({ now, sleep, pubsub }: AnswerCacheParts): AnswerCache {
  const known = new Map<string, Entry>();
  const expecting = new Map<string, Set<(outcome: Outcome<unknown>) => void>>();

  function remember(question: string, afresh: boolean, outcome: Promise<Outcome<unknown>>): Entry {
    if (known.size >= MAX_SHARED) known.clear();
    const entry = { askedAt: now(), afresh, outcome };
    known.set(question, entry);
    return entry;
  }

  function isGood({ askedAt, afresh }: Entry, newsAt: number): boolean {
    const age = now() - askedAt;
    return age < SHARED_FOR_MS && (askedAt >= newsAt || (afresh && age < AFRESH_EVERY_MS));
  }

  pubsub?.subscribe((text) => {
    const { question, afresh, outcome }: Word = deserialize(Buffer.from(text, 'base64'));
    remember(question, afresh, Promise.resolve(outcome));
    for (const tell of expecting.get(question) ?? []) tell(outcome);
  });

  /** Refused because somebody asked the same just now: if that was one of us, the answer is on its way. */
  async function theirs<T>(question: string, refusal: Outcome<T>): Promise<Outcome<T>> {
    let tell = (_: Outcome<unknown>) => {};
    const told = new Promise<Outcome<unknown>>((resolve) => {
      tell = resolve;
    });
    const waiting = expecting.get(question) ?? new Set();
    expecting.set(question, waiting.add(tell));
    const outcome = await Promise.race([told, sleep(THEIRS_WITHIN_MS).then(() => refusal)]);
    waiting.delete(tell);
    if (waiting.size === 0) expecting.delete(question);
    return outcome as Outcome<T>;
  }

  return {
    ask<T>(question: string, newsAt: number, ask: () => Promise<Asked<T>>) {
      const entry = known.get(question);
      if (entry && isGood(entry, newsAt)) return entry.outcome as Promise<Outcome<T>>;
      const afresh = entry !== undefined && entry.askedAt < newsAt;
      const mine: Entry = remember(question, afresh, answer());
      const forget = () => known.get(question) === mine && known.delete(question);

      async function answer(): Promise<Outcome<T>> {
        const { outcome, isWorth } = await ask();
        if (!isWorth) forget();
        else if (outcome.ok) pubsub?.publish(wordOf({ question, afresh, outcome }));
        else if (pubsub && outcome.code === 'withings-busy') return theirs(question, outcome);
        return outcome;
      }

      mine.outcome.catch(forget);
      return mine.outcome as Promise<Outcome<T>>;
    },
  };
}

interface Word {
  question: string;
  afresh: boolean;
  outcome: Outcome<unknown>;
}

/** In a form that keeps dates. */
function wordOf(word: Word): string {
  return serialize(word).toString('base64');
}
