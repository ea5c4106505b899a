import { describe, expect, test } from '@jest/globals';
import { createAnswerCache } from '../../src/dashboard/answer-cache.ts';
import { type RefusalCode, type Result, refuse } from '../../src/withings/errors.ts';

const KILOBYTE = 1024;
const FRESH = { forMs: 300_000, newsAt: 0, since: 0 };

/** A cache of 100 KB, and everything that was asked of Withings. */
function cache() {
  const clock = { now: 1_000_000 };
  const answers = createAnswerCache({
    now: () => clock.now,
    sleep: async () => {},
    pubsub: null,
    name: 'pages',
    maxBytes: 100 * KILOBYTE,
  });
  const asked: string[] = [];
  const ask = (question: string, result: Result<string>) =>
    answers
      .ask(question, FRESH, async () => {
        asked.push(question);
        return result;
      })
      .then((answer) => (answer.ok ? { ok: true, value: answer.value.value } : answer));
  return { ask, asked, clock, answers };
}

function answerOf(kilobytes: number): Result<string> {
  return { ok: true, value: 'x'.repeat(kilobytes * KILOBYTE) };
}

const knownAt = (askedAt: number) => ({ ok: true, value: { value: 'x'.repeat(KILOBYTE), askedAt } });

test('of more answers than fit, those go first that nobody has asked for the longest', async () => {
  const { ask, asked } = cache();
  const names = Array.from({ length: 12 }, (_, index) => `person ${index}`);
  for (const name of names) {
    await ask(name, answerOf(10));
    await ask('person 0', answerOf(10));
  }
  expect(asked).toEqual(names);
  await ask('person 11', answerOf(10));
  await ask('person 1', answerOf(10));
  expect(asked).toEqual([...names, 'person 1']);
});

test('an answer that is larger than all of it is given, and drives nobody out', async () => {
  const { ask, asked } = cache();
  await ask('small', answerOf(10));
  expect(await ask('large', answerOf(200))).toEqual(answerOf(200));
  await ask('large', answerOf(200));
  await ask('small', answerOf(10));
  expect(asked).toEqual(['small', 'large', 'large']);
});

test.each<[RefusalCode, number]>([
  ['withings-busy', 1],
  ['withings-unreachable', 1],
  ['scope-missing', 2],
  ['refresh-token-refused', 2],
])('%s: a second visit makes %i call(s) in all', async (code, calls) => {
  const { ask, asked, clock } = cache();
  await ask('question', refuse(code));
  clock.now += 14_999;
  expect(await ask('question', refuse(code))).toEqual(refuse(code));
  expect(asked).toHaveLength(calls);
});

test('what Withings refuses for so many seconds is not asked before, and who asks is told what is left', async () => {
  const { ask, asked, clock } = cache();
  const refused = (retryAfterSeconds: number) => refuse('withings-busy', { status: 601, retryAfterSeconds });
  await ask('question', refused(188));
  clock.now += 180_000;
  expect(await ask('question', refused(188))).toEqual(refused(8));
  clock.now += 8000;
  await ask('question', refused(86_400));
  expect(asked).toHaveLength(2);
  clock.now += 900_000; // no longer, whatever it says
  await ask('question', refused(1));
  clock.now += 1000;
  await ask('question', refused(1));
  expect(asked).toHaveLength(4);
});

test('what another process has learned meanwhile is not put aside for a failure of ours', async () => {
  const listeners: ((text: string) => void)[] = [];
  const pubsub = {
    onChange() {},
    publish: (text: string) => listeners[0]?.(text),
    subscribe: (listener: (text: string) => void) => void listeners.push(listener),
  };
  const parts = { now: () => 0, sleep: async () => {}, pubsub, name: 'pages' };
  const [ours, theirs] = [createAnswerCache(parts), createAnswerCache(parts)];
  const failing = ours.ask('question', FRESH, async () => {
    await theirs.ask('question', FRESH, async () => answerOf(1));
    return refuse('withings-timeout');
  });
  expect(await failing).toEqual(refuse('withings-timeout'));
  expect(await ours.ask('question', FRESH, async () => answerOf(2))).toEqual(knownAt(0));
});

test('what fails on our own side is not kept', async () => {
  const answers = createAnswerCache({ now: () => 0, sleep: async () => {}, pubsub: null, name: 'pages' });
  const fails = answers.ask('question', FRESH, () => Promise.reject(new Error('store away')));
  await expect(fails).rejects.toThrow('store away');
  expect(await answers.ask('question', FRESH, async () => answerOf(1))).toEqual(knownAt(0));
});

/** Two processes that hear each other, on one clock. */
function two(name = 'pages', otherName = name) {
  const clock = { now: 1_000_000 };
  const listeners: ((text: string) => void)[] = [];
  const pubsub = {
    onChange() {},
    publish: (text: string) => void listeners.map((listener) => listener(text)),
    subscribe: (listener: (text: string) => void) => void listeners.push(listener),
  };
  const parts = { now: () => clock.now, sleep: async () => {}, pubsub };
  const [ours, theirs] = [
    createAnswerCache({ ...parts, name }),
    createAnswerCache({ ...parts, name: otherName }),
  ];
  return { clock, ours, theirs };
}

test('an answer that another process tells is as old as its question', async () => {
  const { clock, ours, theirs } = two();
  await theirs.ask('question', FRESH, async () => {
    clock.now += 2000;
    return answerOf(1);
  });
  const newsMeanwhile = { ...FRESH, newsAt: clock.now - 1000 };
  expect(ours.known('question', FRESH)?.askedAt).toBe(1_000_000);
  expect(ours.isFresh('question', newsMeanwhile)).toBe(false);
});

test('an answer from a process whose clock is ahead is not one of times to come', async () => {
  const { clock, ours, theirs } = two();
  await theirs.ask('question', FRESH, async () => {
    clock.now -= 5000;
    return answerOf(1);
  });
  expect(ours.known('question', FRESH)?.askedAt).toBe(995_000);
});

test('what is expired or forgotten is so in all processes', async () => {
  const { clock, ours, theirs } = two();
  await ours.ask('ann question', FRESH, async () => answerOf(1));
  await ours.ask('ben question', FRESH, async () => answerOf(1));
  clock.now += 15_000;
  ours.expire('ann ');
  expect(theirs.isFresh('ann question', FRESH)).toBe(false);
  expect(theirs.isFresh('ben question', FRESH)).toBe(true);
  ours.forget('ann ');
  expect([ours, theirs].map((each) => each.known('ann question', FRESH))).toEqual([null, null]);
  expect(theirs.known('ben question', FRESH)).not.toBeNull();
});

test('what one cache is told another of the same process does not take up', async () => {
  const { ours, theirs } = two('pages', 'exports');
  await ours.ask('question', FRESH, async () => answerOf(1));
  expect(theirs.known('question', FRESH)).toBeNull();
});

test('a press while the answer is on its way is not lost', async () => {
  const { answers, clock } = cache();
  await answers.ask('question', FRESH, async () => {
    await null; // it is on its way
    answers.expire('question');
    return answerOf(1);
  });
  clock.now += 14_999;
  expect(answers.isFresh('question', FRESH)).toBe(true); // Withings refuses repeats
  clock.now += 1;
  expect(answers.isFresh('question', FRESH)).toBe(false);
  await answers.ask('question', FRESH, async () => answerOf(1));
  clock.now += 15_000;
  expect(answers.isFresh('question', FRESH)).toBe(true);
});

test('what was known before a connection was made is not shown to it, nor what was refused', async () => {
  const { answers, clock } = cache();
  await answers.ask('question', FRESH, async () => answerOf(1));
  await answers.ask('another', FRESH, async () => refuse('withings-busy'));
  const anew = { ...FRESH, since: clock.now + 1 };
  expect(answers.known('question', anew)).toBeNull();
  expect(answers.isFresh('another', FRESH)).toBe(true);
  expect(answers.isFresh('another', anew)).toBe(false);
  clock.now += 15_000;
  expect(answers.isFresh('question', FRESH)).toBe(true);
  expect(answers.isFresh('question', anew)).toBe(false);
});

describe('two processes that hear each other, and themselves', () => {
  const ok = (value: string): Result<string> => ({ ok: true, value });
  const heard = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const SINCE = { since: 0 };

  function two() {
    const clock = { now: 1_000_000 };
    const listeners: ((text: string) => void)[] = [];
    const pubsub = {
      onChange() {},
      publish: (text: string) => void setImmediate(() => listeners.map((listener) => listener(text))),
      subscribe: (listener: (text: string) => void) => void listeners.push(listener),
    };
    const make = () =>
      createAnswerCache({ now: () => clock.now, sleep: async () => {}, pubsub, name: 'pages' });
    const [one, other] = [make(), make()];
    let answer = (_: Result<string>) => {};
    const asking = one.ask('g q', FRESH, () => new Promise<Result<string>>((resolve) => (answer = resolve)));
    const answered = async (value: string) => {
      answer(ok(value));
      await asking;
      await heard();
    };
    return { clock, one, other, answered };
  }

  test('a press while an answer is on its way counts for both', async () => {
    const { clock, one, other, answered } = two();
    await other.ask('g q', FRESH, async () => ok('older'));
    clock.now += 1000;
    other.expire('g ');
    await heard();
    await answered('asked before the press');
    clock.now += 20_000;
    expect([one, other].map((each) => each.isFresh('g q', FRESH))).toEqual([false, false]);
  });

  test('what was forgotten stays so, though an answer was on its way', async () => {
    const { one, other, answered } = two();
    other.forget('g ');
    await heard();
    await answered('private');
    expect([one, other].map((each) => each.known('g q', SINCE))).toEqual([null, null]);
  });

  test('an older answer does not take the place of a newer one', async () => {
    const { clock, one, other, answered } = two();
    clock.now += 2000;
    await other.ask('g q', FRESH, async () => ok('newer'));
    await heard();
    await answered('older');
    expect([one, other].map((each) => each.known<string>('g q', SINCE)?.value)).toEqual(['newer', 'newer']);
  });
});
