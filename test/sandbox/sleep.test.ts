import { expect, test } from '@jest/globals';
import { buildTown, MAREN, TOMAS } from './town.ts';

const INES = 10000003;
const ADA = 10000004;
const DAY = 86_400;

interface Stage {
  startdate: number;
  enddate: number;
  state: number;
  model_id: number;
}

test('a night in stages: a list, one after the other, and the summary adds them up', async () => {
  const { connect, data } = buildTown();
  const { access_token } = await connect(MAREN);
  const asked = {
    startdateymd: '2026-01-15',
    enddateymd: '2026-01-15',
    data_fields:
      'lightsleepduration,deepsleepduration,remsleepduration,wakeupduration,total_timeinbed,hr_average',
  };
  const [summary] = (await data(access_token, '/v2/sleep', 'getsummary', asked)).body.series;
  expect(summary).toMatchObject({ date: '2026-01-15', model: 32, model_id: 63, completed: true });
  expect(summary.data.hr_average).toBeGreaterThan(40);
  const { body } = await data(access_token, '/v2/sleep', 'get', {
    startdate: String(summary.startdate),
    enddate: String(summary.enddate),
    data_fields: 'hr,rr',
  });
  expect(body.model).toBe(32);
  const stages: Stage[] = body.series.filter((stage: Stage) => stage.model_id === 63);
  expect(stages[0]?.startdate).toBe(summary.startdate);
  expect(stages.at(-1)?.enddate).toBe(summary.enddate);
  for (const [index, stage] of stages.slice(1).entries())
    expect(stage.startdate).toBe(stages[index]?.enddate);
  const spent = (state: number) =>
    stages
      .filter((stage) => stage.state === state)
      .reduce((sum, { startdate, enddate }) => sum + enddate - startdate, 0);
  expect(summary.data).toMatchObject({
    wakeupduration: spent(0),
    lightsleepduration: spent(1),
    deepsleepduration: spent(2),
    remsleepduration: spent(3),
    total_timeinbed: summary.enddate - summary.startdate,
  });
  for (const { startdate, enddate, hr, rr } of body.series) {
    expect(Object.keys(hr)).toEqual(Object.keys(rr));
    for (const at of Object.keys(hr).map(Number)) {
      expect(at).toBeGreaterThanOrEqual(startdate);
      expect(at).toBeLessThan(enddate);
    }
  }
});

test('values come only when asked for', async () => {
  const { connect, data, clock } = buildTown();
  const { access_token } = await connect(MAREN);
  const days = { startdateymd: '2026-01-10', enddateymd: '2026-01-15' };
  const bare = (await data(access_token, '/v2/sleep', 'getsummary', days)).body.series;
  expect(bare.length).toBeGreaterThan(3);
  for (const night of bare) expect(night.data).toEqual({});
  const range = { startdate: String(clock.now / 1000 - DAY), enddate: String(clock.now / 1000) };
  const [stage] = (await data(access_token, '/v2/sleep', 'get', range)).body.series;
  expect(Object.keys(stage)).toEqual(['startdate', 'enddate', 'state', 'model', 'model_id', 'hash_deviceid']);
});

test('a watch sleeps as model 16 and hears no breath; without a device there are no nights', async () => {
  const { connect, data } = buildTown();
  const asked = { lastupdate: '0', data_fields: 'sleep_score,apnea_hypopnea_index' };
  const ada = await data(
    (await connect(ADA, { selecteduser: String(ADA) })).access_token,
    '/v2/sleep',
    'getsummary',
    asked,
  );
  expect(ada.body.series[0]).toMatchObject({ model: 16, model_id: 94 });
  expect(Object.keys(ada.body.series[0].data)).toEqual(['sleep_score']);
  const ines = await data((await connect(INES)).access_token, '/v2/sleep', 'getsummary', asked);
  expect(ines.body).toEqual({ series: [], more: false, offset: 0 });
});

test('a mat and a watch have a row each of one night; a nap is a row of the same date', async () => {
  const { connect, data } = buildTown();
  const { access_token } = await connect(MAREN);
  const asked = { startdateymd: '2026-01-14', enddateymd: '2026-01-14', data_fields: 'total_sleep_time' };
  const { series } = (await data(access_token, '/v2/sleep', 'getsummary', asked)).body;
  const [byWatch, byMat, nap] = series.toSorted(
    (a: { data: Record<string, number> }, b: typeof a) =>
      Number(b.data.total_sleep_time) - Number(a.data.total_sleep_time),
  );
  expect(new Set([byWatch.model, byMat.model])).toEqual(new Set([16, 32]));
  expect(nap.startdate).toBeGreaterThan(byMat.enddate);
  expect(nap.data.total_sleep_time).toBeLessThan(3600);
  expect(nap.data.total_sleep_time).toBeGreaterThan(600);
  expect(new Set(series.map(({ id }: { id: number }) => id)).size).toBe(3);
});

test('an older device does not tell the stages apart', async () => {
  const { connect, data, clock } = buildTown();
  const { access_token } = await connect(TOMAS);
  const fields = 'lightsleepduration,deepsleepduration,remsleepduration,total_sleep_time';
  const asked = { startdateymd: '2026-01-14', enddateymd: '2026-01-14', data_fields: fields };
  const [night] = (await data(access_token, '/v2/sleep', 'getsummary', asked)).body.series;
  const nothing = { lightsleepduration: null, deepsleepduration: null, remsleepduration: null };
  expect(night).toMatchObject({ model_id: 58, data: nothing });
  expect(night.data.total_sleep_time).toBeGreaterThan(4 * 3600);
  const range = { startdate: String(clock.now / 1000 - 2 * DAY), enddate: String(clock.now / 1000) };
  const stages: Stage[] = (await data(access_token, '/v2/sleep', 'get', range)).body.series;
  expect(new Set(stages.map(({ state }) => state))).toEqual(new Set([0, 5]));
});

test('a night appears when it is over, and then stays as it is', async () => {
  const { connect, data, pass, refresh } = buildTown();
  const tokens = await connect(MAREN);
  const asked = { startdateymd: '2026-01-14', enddateymd: '2026-01-16', data_fields: 'sleep_score' };
  const before = (await data(tokens.access_token, '/v2/sleep', 'getsummary', asked)).body.series;
  expect(before.map(({ date }: { date: string }) => date).join(' ')).toBe(
    '2026-01-14 2026-01-14 2026-01-14 2026-01-15 2026-01-15',
  );
  pass(DAY);
  const { access_token } = (await refresh(tokens.refresh_token)).body.body;
  const after = (await data(access_token, '/v2/sleep', 'getsummary', asked)).body.series;
  expect(after.slice(0, 5)).toEqual(before);
  expect(after).toHaveLength(7);
});

test('of a longer range the first 24 hours are told', async () => {
  const { connect, data, clock } = buildTown();
  const { access_token } = await connect(MAREN);
  const start = clock.now / 1000 - 5 * DAY;
  const range = { startdate: String(start), enddate: String(clock.now / 1000) };
  const { series } = (await data(access_token, '/v2/sleep', 'get', range)).body;
  expect(series.length).toBeGreaterThan(5);
  expect(Math.max(...series.map((stage: Stage) => stage.startdate))).toBeLessThan(start + DAY);
});

test('missing and unreadable times, a missing scope, an unknown action', async () => {
  const { connect, data } = buildTown();
  const { access_token } = await connect(MAREN);
  const get = (fields: Record<string, string>) => data(access_token, '/v2/sleep', 'get', fields);
  expect((await get({})).error).toBe('Invalid Params: invalid startdate');
  expect((await get({ startdate: '1' })).error).toBe('Invalid Params: invalid enddate');
  expect((await get({ startdate: '1', enddate: '-5' })).error).toBe('Invalid Params: invalid enddate');
  expect((await data(access_token, '/v2/sleep', 'getsummary')).error).toBe(
    'Invalid Params: invalid startdateymd',
  );
  expect((await data(access_token, '/v2/sleep', 'other')).status).toBe(2554);
  const narrow = await connect(MAREN, { scope: 'user.metrics' });
  expect((await data(narrow.access_token, '/v2/sleep', 'get')).status).toBe(2553);
});
