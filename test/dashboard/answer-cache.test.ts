import { expect, test } from '@jest/globals';
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
