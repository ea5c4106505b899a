import { expect, test } from '@jest/globals';
import { oneAtATime } from '../../src/scheduling/one-at-a-time.ts';
import { door } from '../support/door.ts';

function worker() {
  const doors = [door(), door(), door()];
  const errors: unknown[] = [];
  const done = { begun: 0, ended: 0 };
  const run = oneAtATime(
    async () => {
      const current = doors[done.begun++];
      await current?.opened;
      done.ended += 1;
    },
    (error) => errors.push(error),
  );
  return { run, doors, done, errors };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('asked many times while it works, it works once more', async () => {
  const { run, doors, done } = worker();
  const first = run();
  await turn();
  for (let i = 0; i < 10; i += 1) void run();
  await turn();
  expect(done).toEqual({ begun: 1, ended: 0 });
  doors[0]?.open();
  await turn();
  expect(done).toEqual({ begun: 2, ended: 1 });
  doors[1]?.open();
  await first;
  expect(done).toEqual({ begun: 2, ended: 2 });
});

test('whoever asks hears when there is nothing left to do', async () => {
  const { run, doors, done } = worker();
  void run();
  await turn();
  const second = run();
  doors[0]?.open();
  doors[1]?.open();
  await second;
  expect(done.ended).toBe(2);
});

test('it works again after a rest', async () => {
  const { run, doors, done } = worker();
  for (const { open } of doors) open();
  await run();
  await run();
  expect(done.ended).toBe(2);
});

test('asked at the very moment at which it comes to rest, it works again', async () => {
  const { run, doors, done } = worker();
  for (const { open } of doors) open();
  for (let microtasks = 0; microtasks < 20; microtasks += 1) {
    const first = run();
    for (let i = 0; i < microtasks; i += 1) await null;
    const before = done.begun;
    await run();
    await first;
    expect(done.begun).toBeGreaterThan(before);
  }
});

test('a failure is reported, and what was asked meanwhile is done', async () => {
  const errors: unknown[] = [];
  const held = door();
  let begun = 0;
  const run = oneAtATime(
    async () => {
      begun += 1;
      await held.opened;
      if (begun === 1) throw new Error('no');
    },
    (error) => errors.push(error),
  );
  const first = run();
  await turn();
  void run();
  held.open();
  await first;
  expect([begun, errors]).toEqual([2, [new Error('no')]]);
});
