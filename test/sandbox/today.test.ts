import { expect, test } from '@jest/globals';
import { buildTown, MAREN, TOMAS } from './town.ts';

const DAY = 86_400;

/** Reading by reading, when it was taken, in seconds. */
async function timesOf(data: ReturnType<typeof buildTown>['data'], token: string, now: number) {
  const since = { lastupdate: String(now - 3 * DAY) };
  const range = { startdate: String(now - DAY), enddate: String(now + DAY) };
  const groups = (await data(token, '/measure', 'getmeas', since)).body.measuregrps;
  const quarters = (await data(token, '/v2/measure', 'getintradayactivity', range)).body.series;
  const workouts = (await data(token, '/v2/measure', 'getworkouts', since)).body.series;
  const stages = (await data(token, '/v2/sleep', 'get', range)).body.series;
  const nights = (await data(token, '/v2/sleep', 'getsummary', since)).body.series;
  const ecgs = (await data(token, '/v2/heart', 'list', range)).body.series;
  const get = (rows: Record<string, number>[], name: string) => rows.map((row) => row[name] ?? 0);
  return {
    groups: get(groups, 'date'),
    quarters: Object.keys(quarters).map((at) => Number(at) + 900),
    workouts: get(workouts, 'modified'),
    stages: get(stages, 'enddate'),
    nights: get(nights, 'modified'),
    ecgs: get(ecgs, 'timestamp'),
  };
}

test.each([MAREN, TOMAS])('whatever the hour, nothing of %s is from the future', async (who) => {
  const { connect, data, clock, pass } = buildTown();
  const seen = new Set<string>();
  for (let step = 0; step < 36; step += 1) {
    const now = clock.now / 1000;
    const { access_token } = await connect(who);
    for (const [kind, times] of Object.entries(await timesOf(data, access_token, now))) {
      if (times.length > 0) seen.add(kind);
      expect(Math.max(0, ...times)).toBeLessThanOrEqual(now);
    }
    pass(7 * 3600 + 411);
  }
  expect([...seen].toSorted()).toEqual(
    who === MAREN
      ? ['ecgs', 'groups', 'nights', 'quarters', 'stages', 'workouts']
      : ['ecgs', 'groups', 'nights', 'quarters', 'stages'],
  );
});
