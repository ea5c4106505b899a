import { deserialize, serialize } from 'node:v8';
import { LRUCache } from 'lru-cache';
import type { PubSub } from '../store/store.ts';
import type { Refusal, Result } from '../withings/errors.ts';

/** What Withings answered, and when it was asked: milliseconds since 1970. */
export interface Known<T> {
  value: T;
  askedAt: number;
}

/** When an answer is still good. */
export interface Freshness {
  /** So long after it was asked for; repeats within seconds are never asked. */
  forMs: number;
  /** Withings has told of news at this moment, milliseconds since 1970: what was asked before is out of date. */
  newsAt: number;
  /** The connection was made at this moment: what was known of the person before is not shown. */
  since: number;
}

/** Answers of Withings, asked for once by all processes together. They are in memory, and nowhere else. */
export interface AnswerCache {
  /** The last answer of this connection, however old; null: there was none. */
  known<T>(question: string, freshness: Pick<Freshness, 'since'>): Known<T> | null;
  /** Asking would send no call: the answer is fresh, or on its way, or was refused just now. */
  isFresh(question: string, freshness: Freshness): boolean;
  /** The answer where it is fresh, or else a new one. */
  ask<T>(question: string, freshness: Freshness, ask: () => Promise<Result<T>>): Promise<Result<Known<T>>>;
  /** What was answered to questions that begin so is not fresh any more, but for the repeats that Withings refuses. */
  expire(beginning: string): void;
  /** It is not kept any longer. */
  forget(beginning: string): void;
}

export interface AnswerCacheParts {
  now: () => number;
  sleep: (milliseconds: number) => Promise<unknown>;
  /** How processes tell each other; null: this one is alone. Health data are told, and stored nowhere. */
  pubsub: PubSub | null;
  /** Which of several this is. */
  name: string;
  /** Of all answers together, serialized. In memory they take up to four times as much. */
  maxBytes?: number;
}

const MAX_BYTES = 16 * 1024 * 1024;
/** Withings refuses a person's identical call within 10 seconds: one answer serves everybody for a little longer. */
const SHARED_FOR_MS = 15_000;
/** Whatever Withings says. */
const REFUSED_FOR_AT_MOST_MS = 15 * 60_000;
/** How long another process may still take that has asked just before. */
const THEIRS_WITHIN_MS = 2000;
/** However often there are news: a storm of them must not use up the calls of everybody. */
const AFRESH_EVERY_MS = 10_000;

interface Entry {
  known: Known<unknown> | null;
  /** Asked because there were news. */
  afresh: boolean;
  expiredAt: number;
  refused: { refusal: Refusal; at: number } | null;
  pending: Promise<Result<Known<unknown>>> | null;
  /** Of what is known, serialized. */
  bytes: number;
}

const NOTHING: Entry = { known: null, afresh: false, expiredAt: 0, refused: null, pending: null, bytes: 1 };

export function createAnswerCache({
  now,
  sleep,
  pubsub,
  name,
  maxBytes = MAX_BYTES,
}: AnswerCacheParts): AnswerCache {
  const entries = new LRUCache<string, Entry>({ maxSize: maxBytes, sizeCalculation: ({ bytes }) => bytes });
  const expecting = new Map<string, Set<(result: Result<unknown>) => void>>();

  function good(
    { known, afresh, expiredAt }: Entry,
    { forMs, newsAt, since }: Freshness,
  ): Known<unknown> | null {
    if (!known) return null;
    const age = now() - known.askedAt;
    if (age < 0 || age >= Math.max(forMs, SHARED_FOR_MS)) return null;
    const isOver = expiredAt >= known.askedAt || since > known.askedAt;
    if (age >= SHARED_FOR_MS && isOver) return null;
    return known.askedAt >= newsAt || (afresh && age < AFRESH_EVERY_MS) ? known : null;
  }

  /** Withings may say for how long it refuses the same again, and repeats make that longer: who asks is told what is left. */
  function justRefused({ refused }: Entry, { since }: Freshness): Result<never> | null {
    if (refused === null || refused.at < since) return null;
    const { refusal, at } = refused;
    const told = refusal.code === 'withings-busy' ? refusal.retryAfterSeconds : null;
    const leftMs =
      Math.min(told === null ? SHARED_FOR_MS : told * 1000, REFUSED_FOR_AT_MOST_MS) - Math.abs(now() - at);
    if (leftMs <= 0) return null;
    const retryAfterSeconds = told === null ? refusal.retryAfterSeconds : Math.ceil(leftMs / 1000);
    return { ok: false, refusal: { ...refusal, retryAfterSeconds } };
  }

  function expire(beginning: string): void {
    for (const [question, entry] of entries.entries()) {
      if (question.startsWith(beginning)) entry.expiredAt = now();
    }
  }

  function forget(beginning: string): void {
    for (const question of entries.keys()) if (question.startsWith(beginning)) entries.delete(question);
  }

  function tell(message: Message): void {
    pubsub?.publish(serialize({ cache: name, ...message }).toString('base64'));
  }

  pubsub?.subscribe((text) => {
    const bytes = Buffer.from(text, 'base64');
    const message: Message & { cache: string } = deserialize(bytes);
    if (message.cache !== name) return;
    if ('expired' in message) return expire(message.expired);
    if ('forgotten' in message) return forget(message.forgotten);
    const { question, afresh, askedAt, result } = message;
    if (result.ok) {
      // As old as it is, and never of a moment that is still to come here.
      const known = { value: result.value, askedAt: Math.min(askedAt, now()) };
      const before = entries.peek(question) ?? NOTHING;
      if (before.known && before.known.askedAt >= known.askedAt) return resolveAll(question, result);
      entries.set(question, {
        ...NOTHING,
        known,
        afresh,
        expiredAt: before.expiredAt,
        bytes: bytes.byteLength,
      });
    }
    resolveAll(question, result);
  });

  function resolveAll(question: string, result: Result<unknown>): void {
    for (const resolve of expecting.get(question) ?? []) resolve(result);
  }

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

  /** Asks, and lets the other processes know. `bytes` of the answer, serialized. */
  async function askForAll(
    about: Pick<Answered, 'question' | 'afresh' | 'askedAt'>,
    ask: () => Promise<Result<unknown>>,
    isStillAsked: () => boolean,
  ) {
    const said = await ask();
    const isTheirs = pubsub && !said.ok && said.refusal.code === 'withings-busy';
    const result = isTheirs ? await theirs(about.question, said) : said;
    const message = { ...about, result };
    if (said.ok && isStillAsked()) tell(message);
    return { result, bytes: serialize(message).byteLength };
  }

  /** A new answer takes the place of the one before; a refusal does not, and an entry that was dropped stays so. */
  async function renew(
    question: string,
    before: Entry,
    { newsAt }: Freshness,
    ask: () => Promise<Result<unknown>>,
    isStillAsked: () => boolean,
  ): Promise<Result<Known<unknown>>> {
    const askedAt = now();
    const afresh = before.known !== null && before.known.askedAt < newsAt;
    function settle(after: Entry): void {
      const { expiredAt } = entries.peek(question) ?? NOTHING; // somebody may have pressed meanwhile
      if (isStillAsked()) entries.set(question, { ...after, expiredAt });
    }
    try {
      const { result, bytes } = await askForAll({ question, afresh, askedAt }, ask, isStillAsked);
      if (result.ok) {
        const known = { value: result.value, askedAt };
        settle({ ...NOTHING, known, afresh, bytes });
        return { ok: true, value: known };
      }
      const { refusal } = result;
      settle({ ...before, refused: isRemembered(refusal) ? { refusal, at: now() } : null });
      return result;
    } catch (error) {
      settle(before);
      throw error;
    }
  }

  return {
    known<T>(question: string, { since }: Pick<Freshness, 'since'>) {
      const known = entries.get(question)?.known ?? null;
      return known && known.askedAt >= since ? (known as Known<T>) : null;
    },

    isFresh(question, freshness) {
      const entry = entries.peek(question) ?? NOTHING;
      return (
        entry.pending !== null || good(entry, freshness) !== null || justRefused(entry, freshness) !== null
      );
    },

    ask<T>(question: string, freshness: Freshness, ask: () => Promise<Result<T>>) {
      const entry = entries.get(question) ?? NOTHING;
      const known = good(entry, freshness);
      const settled: Result<Known<unknown>> | null = known
        ? { ok: true, value: known }
        : justRefused(entry, freshness);
      if (settled) return Promise.resolve(settled) as Promise<Result<Known<T>>>;
      if (entry.pending) return entry.pending as Promise<Result<Known<T>>>;
      const asked: Entry = { ...entry };
      const pending = renew(question, entry, freshness, ask, () => entries.peek(question) === asked);
      asked.pending = pending;
      entries.set(question, asked);
      return pending as Promise<Result<Known<T>>>;
    },

    expire(beginning) {
      expire(beginning);
      tell({ expired: beginning });
    },
    forget(beginning) {
      forget(beginning);
      tell({ forgotten: beginning });
    },
  };
}

/** Whoever connects again asks with another permission, and what was not sent was not refused. */
function isRemembered({ remedy, sent }: Refusal): boolean {
  return remedy !== 'reconnect' && sent;
}

/** What processes tell each other, serialized in a form that keeps dates. */
type Message = Answered | { expired: string } | { forgotten: string };

interface Answered {
  question: string;
  afresh: boolean;
  askedAt: number;
  result: Result<unknown>;
}
