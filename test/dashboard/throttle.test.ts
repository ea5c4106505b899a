import { expect, jest, test } from '@jest/globals';
import { createThrottle } from '../../src/dashboard/throttle.ts';

test('it rings at once, rests, and rings once more for all that was pressed meanwhile', () => {
  jest.useFakeTimers();
  let rung = 0;
  const bell = createThrottle(() => {
    rung += 1;
  }, 12_000);
  bell.press();
  expect(rung).toBe(1);
  for (let i = 0; i < 10; i += 1) bell.press();
  expect(rung).toBe(1);
  jest.advanceTimersByTime(12_000);
  expect(rung).toBe(2);
  jest.advanceTimersByTime(60_000);
  expect(rung).toBe(2);
  bell.press();
  expect(rung).toBe(3);
  bell.press();
  bell.stop();
  jest.advanceTimersByTime(60_000);
  expect(rung).toBe(3);
  jest.useRealTimers();
});
