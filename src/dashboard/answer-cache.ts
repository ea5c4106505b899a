import { deserialize, serialize } from 'node:v8';
import { LRUCache } from 'lru-cache';
import type { PubSub } from '../store/store.ts';
import type { Result } from '../withings/errors.ts';

/** Answers of Withings, asked for once by all processes together. */
export interface AnswerCache {
  /**
   * The answer to the same question of a moment ago, or else a new one. `newsAt`: what was asked before that moment,
   * milliseconds since 1970, is out of date.
   */
  ask<T>(question: string, newsAt: number, ask: () => Promise<Result<T>>): Promise<Result<T>>;
  /** What questions that begin so were answered is not kept any longer in this process. */
  forget(beginning: string): void;
}

export interface AnswerCacheParts {
  now: () => number;
  sleep: (milliseconds: number) => Promise<unknown>;
  /** How processes tell each other; null: this one is alone. Health data are told, and stored nowhere. */
  pubsub: PubSub | null;
  /** Of all answers together, serialized. In memory they take up to five times as much. */
  maxBytes?: number;
}

const MAX_BYTES = 16 * 1024 * 1024;
/** Withings refuses a person's identical call within 10 seconds: one answer serves everybody for a little longer. */
const SHARED_FOR_MS = 15_000;
/** How long another process may still take that has asked just before. */
const THEIRS_WITHIN_MS = 2000;
/** However often there are news: a storm of them must not use up the calls of everybody. */
const AFRESH_EVERY_MS = 10_000;

interface Answer {
  askedAt: number;
  /** It was asked because there were news. */
  afresh: boolean;
  result: Result<unknown> | Promise<Result<unknown>>;
}

export function createAnswerCache({
  now,
  sleep,
  pubsub,
  maxBytes = MAX_BYTES,
}: AnswerCacheParts): AnswerCache {
  const answers = new LRUCache<string, Answer>({ maxSize: maxBytes });
  const expecting = new Map<string, Set<(result: Result<unknown>) => void>>();

  function isGood({ askedAt, afresh }: Answer, newsAt: number): boolean {
    const age = now() - askedAt;
    return age < SHARED_FOR_MS && (askedAt >= newsAt || (afresh && age < AFRESH_EVERY_MS));
  }

  pubsub?.subscribe((text) => {
    const message = Buffer.from(text, 'base64');
    const { question, afresh, result }: Message = deserialize(message);
    answers.set(question, { askedAt: now(), afresh, result }, { size: message.byteLength });
    for (const resolve of expecting.get(question) ?? []) resolve(result);
  });

  /** Refused because somebody asked the same just now: if that was one of us, the answer is on its way. */
  async function theirs(question: string, refused: Result<unknown>): Promise<Result<unknown>> {
    let resolve = (_: Result<unknown>) => {};
    const told = new Promise<Result<unknown>>((resolveTold) => {
      resolve = resolveTold;
    });
    const waiting = expecting.get(question) ?? new Set();
    expecting.set(question, waiting.add(resolve));
    const result = await Promise.race([told, sleep(THEIRS_WITHIN_MS).then(() => refused)]);
    waiting.delete(resolve);
    if (waiting.size === 0) expecting.delete(question);
    return result;
  }

  /** Asks, and lets the other processes know. `size` of the answer, serialized. */
  async function askForAll(question: string, afresh: boolean, ask: () => Promise<Result<unknown>>) {
    const said = await ask();
    const isTheirs = pubsub && !said.ok && said.refusal.code === 'withings-busy';
    const result = isTheirs ? await theirs(question, said) : said;
    const message = serialize({ question, afresh, result } satisfies Message);
    if (said.ok) pubsub?.publish(message.toString('base64'));
    return { result, size: message.byteLength };
  }

  return {
    ask<T>(question: string, newsAt: number, ask: () => Promise<Result<T>>) {
      const known = answers.get(question);
      if (known && isGood(known, newsAt)) return Promise.resolve(known.result) as Promise<Result<T>>;
      const afresh = known !== undefined && known.askedAt < newsAt;
      const asked = { askedAt: now(), afresh };
      const mine: Answer = { ...asked, result: answer() };
      answers.set(question, mine, { size: 1 }); // its size is not known yet

      async function answer(): Promise<Result<unknown>> {
        try {
          const { result, size } = await askForAll(question, afresh, ask);
          if (answers.peek(question) !== mine) return result;
          // Whoever connects again asks with another permission.
          if (!result.ok && result.refusal.remedy === 'reconnect') answers.delete(question);
          else answers.set(question, { ...asked, result }, { size });
          return result;
        } catch (error) {
          if (answers.peek(question) === mine) answers.delete(question);
          throw error;
        }
      }

      return mine.result as Promise<Result<T>>;
    },
    forget(beginning) {
      for (const question of answers.keys()) if (question.startsWith(beginning)) answers.delete(question);
    },
  };
}

/** Serialized in a form that keeps dates. */
interface Message {
  question: string;
  afresh: boolean;
  result: Result<unknown>;
}
