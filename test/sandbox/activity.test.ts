import { expect, test } from '@jest/globals';
import { midnight } from '../../src/sandbox/data/calendar.ts';
import { buildTown, MAREN, refusal, TOMAS } from './town.ts';

const INES = 10000003;
const JOSEPH = 10000005;
const DAY = 86_400;
const week = { startdateymd: '2026-01-05', enddateymd: '2026-01-11' };

interface Activity {
  date: string;
  steps: number;
  distance: number;
  calories: number;
  elevation: number;
  modified: number;
}

test('a week of days with their totals, oldest first, in the recorded shape', async () => {
  const { connect, data } = buildTown();
  const { access_token } = await connect(MAREN);
  const { body } = await data(access_token, '/v2/measure', 'getactivity', week);
  expect(Object.keys(body)).toEqual(['activities', 'more', 'offset']);
  expect(body).toMatchObject({ more: false, offset: 0 });
  expect(body.activities.map(({ date }: Activity) => date)).toEqual(
    [5, 6, 7, 8, 9, 10, 11].map((day) => `2026-01-${String(day).padStart(2, '0')}`),
  );
  for (const day of body.activities) {
    expect(day).toMatchObject({ brand: 1, modelid: 94, is_tracker: true, timezone: 'Pacific/Auckland' });
    expect(day.steps).toBeGreaterThan(500);
    expect(day.active).toBe(day.moderate + day.intense);
    expect(day.hr_min).toBeLessThan(day.hr_average);
    expect(day.hr_zone_0 + day.hr_zone_1 + day.hr_zone_2 + day.hr_zone_3).toBe(DAY);
    expect(day.totalcalories).toBeGreaterThan(day.calories);
  }
});

test('a phone counts steps, knows no heart and is no device; who carries nothing has no days', async () => {
  const { connect, data } = buildTown();
  const joseph = await connect(JOSEPH, { selecteduser: String(JOSEPH) });
  const phone = await data(joseph.access_token, '/v2/measure', 'getactivity', week);
  expect(phone.body.activities).toHaveLength(7);
  expect(phone.body.activities[0]).toMatchObject({ brand: 18, deviceid: null, is_tracker: false });
  expect(phone.body.activities[0]).not.toHaveProperty('hr_average');
  const { access_token } = await connect(INES);
  for (const [action, list] of [
    ['getactivity', 'activities'],
    ['getworkouts', 'series'],
  ] as const) {
    const { body } = await data(access_token, '/v2/measure', action, week);
    expect(body).toEqual({ [list]: [], more: false, offset: 0 });
  }
  expect((await data(access_token, '/v2/measure', 'getintradayactivity')).body).toEqual({ series: {} });
});

test('the quarters of an hour add up to the day', async () => {
  const { connect, data } = buildTown();
  const { access_token } = await connect(MAREN);
  const start = midnight(Date.UTC(2026, 0, 14) / (DAY * 1000), 'Pacific/Auckland') / 1000;
  const range = { startdate: String(start), enddate: String(start + DAY - 1) };
  const quarters = await data(access_token, '/v2/measure', 'getintradayactivity', range);
  const day = await data(access_token, '/v2/measure', 'getactivity', {
    startdateymd: '2026-01-14',
    enddateymd: '2026-01-14',
  });
  const sum = (name: 'steps' | 'distance' | 'calories' | 'elevation') =>
    Object.values<Activity>(quarters.body.series).reduce((total, quarter) => total + quarter[name], 0);
  const [totals] = day.body.activities;
  expect(sum('steps')).toBe(totals.steps);
  expect(sum('elevation')).toBe(totals.elevation);
  expect(sum('distance')).toBeCloseTo(totals.distance, 0);
  expect(sum('calories')).toBeCloseTo(totals.calories, 0);
  expect(Object.values(quarters.body.series)[0]).toMatchObject({ model: 'ScanWatch 2', model_id: 94 });
});

test('of more than a day the first 24 hours are told, of no range the last ones', async () => {
  const { connect, data, clock } = buildTown();
  const { access_token } = await connect(MAREN);
  const start = clock.now / 1000 - 10 * DAY;
  const range = { startdate: String(start), enddate: String(start + 9 * DAY) };
  const long = Object.keys(
    (await data(access_token, '/v2/measure', 'getintradayactivity', range)).body.series,
  );
  expect(long.length).toBeGreaterThan(10);
  expect(Math.max(...long.map(Number))).toBeLessThanOrEqual(start + DAY);
  const last = Object.keys((await data(access_token, '/v2/measure', 'getintradayactivity')).body.series);
  expect(Math.min(...last.map(Number))).toBeGreaterThanOrEqual(clock.now / 1000 - DAY);
  expect(Math.max(...last.map(Number))).toBeLessThan(clock.now / 1000);
});

test('today grows, a day that is over stays as it was', async () => {
  const { connect, data, pass, refresh } = buildTown();
  pass(5 * 3600); // three in the morning where she lives
  const tokens = await connect(MAREN);
  const both = { startdateymd: '2026-01-15', enddateymd: '2026-01-17' };
  const before = (await data(tokens.access_token, '/v2/measure', 'getactivity', both)).body.activities;
  expect(before).toHaveLength(2);
  pass(9 * 3600);
  const { access_token } = (await refresh(tokens.refresh_token)).body.body;
  const after = (await data(access_token, '/v2/measure', 'getactivity', both)).body.activities;
  expect(after[0]).toEqual(before[0]);
  expect(after[1].steps).toBeGreaterThan(before[1].steps);
  expect(after[1].modified).toBe(before[1].modified + 9 * 3600);
});

test('two years by lastupdate come in pages of three hundred days', async () => {
  const { connect, data } = buildTown();
  const { access_token } = await connect(MAREN);
  const dates: string[] = [];
  for (let offset = 0, more = true; more && dates.length < 1000; ) {
    const asked = { lastupdate: '0', offset: String(offset), data_fields: 'steps' };
    const { body } = await data(access_token, '/v2/measure', 'getactivity', asked);
    expect(body.activities.length).toBeLessThanOrEqual(300);
    dates.push(...body.activities.map(({ date }: Activity) => date));
    ({ more, offset } = body);
  }
  expect(dates).toHaveLength(731);
  expect(new Set(dates).size).toBe(731);
  expect(dates).toEqual(dates.toSorted());
});

test('data_fields picks, lastupdate tells what has changed since', async () => {
  const { connect, data, clock } = buildTown();
  const { access_token } = await connect(MAREN);
  const picked = { ...week, data_fields: 'steps, hr_max,nothing' };
  const [day] = (await data(access_token, '/v2/measure', 'getactivity', picked)).body.activities;
  expect(Object.keys(day).slice(0, 3)).toEqual(['steps', 'hr_max', 'deviceid']);
  const since = { lastupdate: String(clock.now / 1000 - 3600) };
  const changed = (await data(access_token, '/v2/measure', 'getactivity', since)).body.activities;
  expect(changed.map(({ date }: Activity) => date)).toEqual(['2026-01-15']);
  const midnight = { lastupdate: String(Date.parse('2026-01-15T00:00+13:00') / 1000) };
  const justOver = (await data(access_token, '/v2/measure', 'getactivity', midnight)).body.activities;
  expect(justOver.map(({ date }: Activity) => date)).toEqual(['2026-01-14', '2026-01-15']);
  const later = { lastupdate: String(clock.now / 1000 + 3600) };
  expect((await data(access_token, '/v2/measure', 'getactivity', later)).body.activities).toEqual([]);
});

test('a workout now and then, told when it is over', async () => {
  const { connect, data, clock } = buildTown();
  const { access_token } = await connect(MAREN);
  const { series } = (await data(access_token, '/v2/measure', 'getworkouts', { lastupdate: '0' })).body;
  expect(series.length).toBeGreaterThan(200);
  for (const { category, model, startdate, enddate, modified, data: values } of series) {
    expect({ category, model }).toEqual({ category: 187, model: 94 });
    expect(enddate - startdate).toBeGreaterThan(20 * 60);
    expect(modified).toBeLessThanOrEqual(clock.now / 1000);
    expect(values.hr_max).toBeGreaterThan(values.hr_average);
  }
  const last = series.at(-1);
  const since = { lastupdate: String(last.modified) };
  const [first] = (await data(access_token, '/v2/measure', 'getworkouts', since)).body.series;
  expect(first).toEqual(last);
});

test('dates beside lastupdate are let be: lastupdate wins', async () => {
  const { connect, data, clock } = buildTown();
  const { access_token } = await connect(MAREN);
  const both = { lastupdate: String(clock.now / 1000 - 3600), ...week };
  const { activities } = (await data(access_token, '/v2/measure', 'getactivity', both)).body;
  expect(activities.map(({ date }: Activity) => date)).toEqual(['2026-01-15']);
});

test('two that count have a row each, of which only what is worn is a tracker', async () => {
  const { connect, data } = buildTown();
  const { access_token } = await connect(TOMAS);
  const { activities } = (await data(access_token, '/v2/measure', 'getactivity', week)).body;
  expect(activities.map(({ date }: Activity) => date.slice(8)).join(' ')).toBe(
    '05 05 06 06 07 07 08 08 09 09 10 10 11 11',
  );
  expect(activities.slice(0, 2)).toMatchObject([
    { brand: 1, modelid: 58, is_tracker: true },
    { brand: 18, modelid: 1055, is_tracker: false, deviceid: null, hr_average: 0 },
  ]);
  expect(activities[0].steps).not.toBe(activities[1].steps);
});

test.each([
  ['2026-04-05', 25],
  ['2026-09-27', 23],
])('%s, where clocks are changed, has %i hours, and its quarters are in the day', async (date, hours) => {
  const { connect, data, clock } = buildTown();
  clock.now = Date.parse(`${date}T23:00Z`) + DAY * 1000;
  const { access_token } = await connect(MAREN);
  const day = { startdateymd: date, enddateymd: date };
  const [{ hr_zone_0, hr_zone_1, hr_zone_2, hr_zone_3 }] = (
    await data(access_token, '/v2/measure', 'getactivity', day)
  ).body.activities;
  expect(hr_zone_0 + hr_zone_1 + hr_zone_2 + hr_zone_3).toBe(hours * 3600);
});

test.each([
  [{}, 'invalid startdateymd'],
  [{ startdateymd: '2026-01-05' }, 'invalid enddateymd'],
  [{ startdateymd: '2026-02-30', enddateymd: '2026-03-01' }, 'invalid startdateymd'],
  [{ startdateymd: '05/01/2026', enddateymd: '2026-03-01' }, 'invalid startdateymd'],
  [{ lastupdate: 'yesterday' }, 'invalid lastupdate'],
])('%j is refused', async (fields, detail) => {
  const { connect, data } = buildTown();
  const { access_token } = await connect(MAREN);
  for (const action of ['getactivity', 'getworkouts']) {
    const answer = await data(access_token, '/v2/measure', action, fields);
    expect(JSON.stringify(answer)).toBe(refusal(503, `Invalid Params: ${detail}`));
  }
});

test('the scope user.activity is needed; other actions are not implemented', async () => {
  const { connect, data } = buildTown();
  const { access_token } = await connect(MAREN, { scope: 'user.metrics,user.info' });
  for (const action of ['getactivity', 'getworkouts', 'getintradayactivity']) {
    expect((await data(access_token, '/v2/measure', action, week)).status).toBe(2553);
  }
  expect((await data(access_token, '/v2/measure', 'confirmuser')).status).toBe(2554);
});
