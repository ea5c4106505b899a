import { expect, test } from '@jest/globals';
import { createSlowData } from '../../src/dashboard/slow-data.ts';
import type { Grant } from '../../src/store/grant.ts';
import { begun } from '../../src/tokens/changes.ts';
import type { Result } from '../../src/withings/errors.ts';
import { UNLIMITED } from '../../src/withings/rate-limit.ts';

const scope = ['user.info', 'user.metrics'];
const pair = { userId: '363', accessToken: 'access-0', refreshToken: 'refresh-0', expiresInSeconds: 10_800 };
const about = { issuer: 'eu' as const, demo: false, askedScope: scope };
const grant: Grant = {
  ...begun({ ...pair, scope }, about, 0),
  id: 'eu:363',
  writeId: 'w',
  leased: false,
  restored: false,
};

test('what a refresh has taken away is not shown any more', async () => {
  const goals = { steps: 8000 };
  const calls = { goals: async () => ({ ok: true, value: goals }) };
  const slowData = createSlowData({
    grants: { use: <T>(_: Grant, call: (token: string) => Promise<Result<T>>) => call('access-0') },
    withings: { at: () => calls as never, turn: UNLIMITED },
    now: () => 1000,
    onError() {}, // of the questions that this Withings does not know
  });
  slowData.ask(grant);
  await slowData.settled();
  expect(slowData.known(grant).goals).toEqual(goals);
  expect(slowData.known({ ...grant, scope: ['user.metrics'] }).goals).toBeNull();
});
