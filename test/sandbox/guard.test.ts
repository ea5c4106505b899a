import { expect, test } from '@jest/globals';
import { Guard } from '../../src/sandbox/wire/guard.ts';

test('what is remembered of calls is bounded: the oldest are forgotten', () => {
  const guard = new Guard(() => 0, true);
  const call = (n: number) => guard.repeated('getmeas', new Map([['offset', String(n)]]))?.status;
  for (let n = 0; n < 10_001; n += 1) expect(call(n)).toBeUndefined();
  expect(call(10_000)).toBe(601);
  expect(call(0)).toBeUndefined();
});
