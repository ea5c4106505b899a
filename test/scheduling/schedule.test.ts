import { expect, test } from '@jest/globals';
import { every, pause } from '../../src/scheduling/schedule.ts';
import { door } from '../support/door.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Work of which the test holds the doors, and sleep that ends when the test says so. */
function schedule() {
  const work = [door(), door(), door()];
  const sleeps: { ms: number; end: () => void }[] = [];
  const errors: unknown[] = [];
  const signals: AbortSignal[] = [];
  const made = every(
    30,
    async (stopping) => {
      const { length } = signals;
      signals.push(stopping);
      await work[length]?.opened;
    },
    {
      onError: (error) => errors.push(error),
      sleep: (ms, signal) =>
        new Promise<void>((resolve) => {
          sleeps.push({ ms, end: resolve });
          signal.addEventListener('abort', () => resolve());
        }),
    },
  );
  return { made, work, sleeps, errors, signals };
}

test('it works at once, and again when so many seconds have passed since it ended', async () => {
  const { made, work, sleeps, signals } = schedule();
  made.start();
  await turn();
  expect([signals.length, sleeps.length]).toEqual([1, 0]);
  work[0]?.open();
  await turn();
  expect([signals.length, sleeps.map(({ ms }) => ms)]).toEqual([1, [30_000]]);
  sleeps[0]?.end();
  await turn();
  expect(signals).toHaveLength(2);
  work[1]?.open();
  await made.stop();
});

test('woken while it works, it works once more before it sleeps', async () => {
  const { made, work, sleeps, signals } = schedule();
  made.start();
  await turn();
  void made.wake();
  work[0]?.open();
  await turn();
  expect([signals.length, sleeps.length]).toEqual([2, 0]);
  work[1]?.open();
  await turn();
  expect([signals.length, sleeps.length]).toEqual([2, 1]);
  await made.stop();
});

test('a stop asks the work under way to end, waits for it, and begins no more', async () => {
  const { made, work, signals } = schedule();
  made.start();
  await turn();
  void made.wake();
  let stopped = false;
  const stop = made.stop().then(() => {
    stopped = true;
  });
  await turn();
  expect([signals[0]?.aborted, stopped]).toEqual([true, false]);
  work[0]?.open();
  await stop;
  await made.wake();
  expect(signals).toHaveLength(1);
});

test('a stop ends the sleep', async () => {
  const { made, work, sleeps, signals } = schedule();
  work[0]?.open();
  made.start();
  await turn();
  expect(sleeps).toHaveLength(1);
  await made.stop();
  await turn();
  expect([signals.length, sleeps.length]).toEqual([1, 1]);
});

test('a failure is reported, and it goes on', async () => {
  const errors: unknown[] = [];
  const sleeps: (() => void)[] = [];
  const made = every(1, () => Promise.reject(new Error('no')), {
    onError: (error) => errors.push(error),
    sleep: () => new Promise<void>((resolve) => sleeps.push(resolve)),
  });
  made.start();
  await turn();
  sleeps[0]?.();
  await turn();
  expect(errors).toEqual([new Error('no'), new Error('no')]);
  const stop = made.stop();
  sleeps[1]?.();
  await stop;
});

test('a pause ends when it is told to, also when it was told before', async () => {
  const ending = new AbortController();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const long = pause(3_600_000, ending.signal);
  expect(timers()).toBe(before); // it keeps no process alive
  ending.abort();
  await long;
  await pause(3_600_000, ending.signal);
});
