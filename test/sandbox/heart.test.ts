import { expect, test } from '@jest/globals';
import { buildTown, MAREN, TOMAS } from './town.ts';

const INES = 10000003;
const HEART = '/v2/heart';

test('recordings of a watch and of a cuff, newest first', async () => {
  const { connect, data } = buildTown();
  const watch = (await data((await connect(MAREN)).access_token, HEART, 'list')).body;
  expect(Object.keys(watch)).toEqual(['series', 'more', 'offset']);
  expect(watch.series[0]).toMatchObject({ model: 94, ecg: { afib: 0 } });
  expect(watch.series[0]).not.toHaveProperty('bloodpressure');
  const times = watch.series.map(({ timestamp }: { timestamp: number }) => timestamp);
  expect(times).toEqual(times.toSorted((a: number, b: number) => b - a));

  const tomas = await connect(TOMAS);
  const [latest] = (await data(tomas.access_token, HEART, 'list')).body.series;
  expect(latest.model).toBe(44);
  const asked = {
    meastypes: '9,10,11',
    startdate: String(latest.timestamp),
    enddate: String(latest.timestamp),
  };
  const [group] = (await data(tomas.access_token, '/measure', 'getmeas', asked)).body.measuregrps;
  const { diastole, systole } = latest.bloodpressure;
  expect(group.measures.map(({ value }: { value: number }) => value)).toEqual([
    diastole,
    systole,
    latest.heart_rate,
  ]);
  const ines = await data((await connect(INES)).access_token, HEART, 'list');
  expect(ines.body).toEqual({ series: [], more: false, offset: 0 });
});

test.each([
  [MAREN, 30, 300, 94],
  [TOMAS, 20, 500, 44],
])('the signal of %s beats as often as its pulse says', async (who, seconds, frequency, model) => {
  const { connect, data } = buildTown();
  const { access_token } = await connect(who);
  const [{ ecg, heart_rate }] = (await data(access_token, HEART, 'list')).body.series;
  const { body } = await data(access_token, HEART, 'get', { signalid: String(ecg.signalid) });
  expect(body).toMatchObject({ sampling_frequency: frequency, model, heart_rate });
  expect(body.signal).toHaveLength(seconds * frequency);
  const beats = body.signal.filter(
    (value: number, index: number) => value > 600 && (body.signal[index - 1] ?? 0) <= 600,
  );
  expect(Math.abs(beats.length - (heart_rate * seconds) / 60)).toBeLessThanOrEqual(2);
});

test('a signal of somebody else, of the future, of no day at all', async () => {
  const { connect, data, clock } = buildTown();
  const maren = await connect(MAREN);
  const tomas = await connect(TOMAS);
  const [{ ecg }] = (await data(tomas.access_token, HEART, 'list')).body.series;
  const future = 200_000 + Math.floor(clock.now / 86_400_000) + 3;
  for (const [token, signalid] of [
    [maren.access_token, String(ecg.signalid)],
    [tomas.access_token, String(future)],
    [tomas.access_token, '7'],
    [tomas.access_token, 'x'],
    [tomas.access_token, ''],
    [tomas.access_token, '9'.repeat(400)],
  ] as const) {
    expect((await data(token, HEART, 'get', { signalid })).error).toBe('Invalid Params: invalid signalid');
  }
});

test('a range narrows, an unreadable one is refused, the scope is needed', async () => {
  const { connect, data } = buildTown();
  const { access_token } = await connect(TOMAS);
  const { series } = (await data(access_token, HEART, 'list')).body;
  const { timestamp } = series[3];
  const range = { startdate: String(timestamp), enddate: String(timestamp) };
  expect((await data(access_token, HEART, 'list', range)).body.series).toEqual([series[3]]);
  expect((await data(access_token, HEART, 'list', { startdate: 'x' })).status).toBe(503);
  const narrow = await connect(TOMAS, { scope: 'user.info,user.activity' });
  expect((await data(narrow.access_token, HEART, 'list')).status).toBe(2553);
});
