import { expect, test } from '@jest/globals';
import { Changes } from '../../src/sandbox/changes.ts';
import { CallLog } from '../../src/sandbox/wire/call-log.ts';

test('the last sixty calls are kept, newest first', () => {
  const log = new CallLog(() => 0, new Changes());
  for (let n = 1; n <= 70; n += 1) log.add('getmeas', String(n), new Map(), '{}');
  expect(log.all().map(({ outcome }) => Number(outcome))).toEqual(
    Array.from({ length: 60 }, (_, index) => 70 - index),
  );
});

test('no secret is shown, wherever a long answer is cut', () => {
  const token = '0123456789abcdef0123456789abcdef01234567';
  const log = new CallLog(() => 0, new Changes());
  for (let before = 1900; before < 2000; before += 1) {
    const answer = { a: 'x'.repeat(before), access_token: token, b: 'y'.repeat(100) };
    log.add('requesttoken', 'ok', new Map(), JSON.stringify(answer));
    const shown = log.all()[0]?.answer ?? token;
    expect([before, shown.length < 2050, shown.includes(token.slice(0, 5))]).toEqual([before, true, false]);
  }
});
