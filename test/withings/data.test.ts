import { describe, expect, test } from '@jest/globals';
import { activity, workouts } from '../../src/withings/data/activity.ts';
import { collection } from '../../src/withings/data/collection.ts';
import { recordings } from '../../src/withings/data/heart.ts';
import { measures } from '../../src/withings/data/measures.ts';
import { pageBody, readPage, type Service } from '../../src/withings/data/page.ts';
import { nights } from '../../src/withings/data/sleep.ts';
import { devices, goals } from '../../src/withings/data/user.ts';

const NOW = Date.UTC(2026, 5, 15, 12);
const DAY = 86_400_000;
const seconds = (ymd: string) => Date.parse(ymd) / 1000;

/** What a body says, and how many pieces of it made no sense. */
function read<T>(service: Service<T>, body: Record<string, unknown>) {
  const page = readPage(pageBody.parse(body), service);
  if (!page) return null;
  const all = collection(service, NOW);
  all.add(page);
  const { list, skipped } = all.done();
  return { ...list, skipped };
}

const odd = [null, 7, 'x', {}, [], { date: 'today' }, { date: '2026-01-01' }];

const AT = seconds('2026-06-01');
const group = (...found: unknown[]) => ({ date: AT, attrib: 0, category: 1, measures: found });
const kilograms = (value: unknown, more = {}) => ({ type: 1, value, unit: -3, ...more });
const values = (body: Record<string, unknown>) => read(measures, body)?.rows.map(({ value }) => value);

describe('measures', () => {
  test('one odd measure loses itself, one odd group loses itself', () => {
    const good = group(kilograms(67_800), kilograms(null), 'x', kilograms(67_900));
    const list = read(measures, { measuregrps: [...odd, good, { ...good, date: 'x' }] });
    expect(list?.rows.map(({ value }) => value)).toEqual([67.8, 67.9]);
    expect(list?.skipped).toBe(odd.length + 2 + 1);
  });

  test.each<[string, unknown]>([
    ['a list', [group(kilograms(67_800))]],
    ['a map by id', { 4815757309: group(kilograms(67_800)) }],
    ['one group by itself', group(kilograms(67_800))],
    ['measures as a map', [{ ...group(), measures: { 0: kilograms(67_800) } }]],
    ['one measure by itself', [{ ...group(), measures: kilograms(67_800) }]],
    ['digits', [{ ...group({ type: '1', value: '67800', unit: '-3' }), date: String(AT), attrib: '0' }]],
  ])('%s', (_words, measuregrps) => {
    expect(values({ measuregrps })).toEqual([67.8]);
  });

  test.each([
    ['a negative weight', kilograms(-67_800)],
    ['no weight at all', kilograms(0)],
    ['a thousand million kilograms', { type: 1, value: 1, unit: 9 }],
    ['a unit of 400', { type: 1, value: 1, unit: 400 }],
    ['a unit of -400', { type: 1, value: 1, unit: -400 }],
    ['half a unit', { type: 1, value: 60, unit: 0.5 }],
    ['a blood pressure of 9999', { type: 10, value: 9999, unit: 0 }],
    ['a temperature of 366', { type: 71, value: 366, unit: 0 }],
    ['more than all oxygen', { type: 54, value: 101, unit: 0 }],
    ['a type that is none', { type: 'x', value: 1, unit: 0 }],
    ['an unknown type beyond reason', { type: 9001, value: 1, unit: 12 }],
  ])('%s cannot be', (_words, impossible) => {
    expect(read(measures, { measuregrps: [group(impossible, kilograms(67_800))] })).toMatchObject({
      rows: [{ value: 67.8 }],
      skipped: 1,
    });
  });

  test.each([
    ['the year 9999', seconds('9999-01-01')],
    ['1970', 5],
    ['milliseconds', AT * 1000],
    ['two days ahead', (NOW + 2 * DAY) / 1000],
  ])('%s is no date of a measure', (_words, date) => {
    expect(values({ measuregrps: [{ ...group(kilograms(67_800)), date }] })).toEqual([]);
  });

  test.each([
    [0, 'sure'],
    [1, 'ambiguous'],
    ['1', 'ambiguous'],
    [2, 'sure'],
    [4, 'set-up'],
    [7, 'sure'],
    [15, 'sure'],
    [99, 'sure'],
    [null, 'sure'],
    [undefined, 'sure'],
  ])('attrib %j is %s', (attrib, attribution) => {
    const list = read(measures, { measuregrps: [{ ...group(kilograms(67_800)), attrib }] });
    expect(list?.rows).toMatchObject([{ attribution }]);
  });

  test('goals are none', () => {
    for (const category of [2, '2'])
      expect(values({ measuregrps: [{ ...group(kilograms(67_800)), category }] })).toEqual([]);
  });

  test('what comes twice counts once; parts of the body are apart', () => {
    const leg = { type: 5, value: 13, unit: 0, position: 10 };
    const list = read(measures, {
      measuregrps: [group(leg, leg, { ...leg, position: 11 }, { ...leg, position: undefined }), group(leg)],
    });
    expect(list?.rows.map(({ position }) => position)).toEqual([10, 11, null]);
    expect(list?.skipped).toBe(0);
  });
});

describe('nights', () => {
  const stages = { deepsleepduration: 6000, lightsleepduration: 12_000, remsleepduration: 5000 };
  const night = (data: unknown, more = {}) => ({
    date: '2026-06-01',
    startdate: AT,
    enddate: AT + 8 * 3600,
    data,
    ...more,
  });
  const asleep = (data: unknown) => {
    const [found] = read(nights, { series: [night(data)] })?.rows ?? [];
    return found && [found.asleepSeconds, found.stages && Object.values(found.stages)];
  };

  test.each<[string, unknown, unknown]>([
    ['stages are summed', { ...stages, wakeupduration: 600 }, [23_000, [6000, 5000, 12_000, 600]]],
    [
      'digits',
      { deepsleepduration: '1', lightsleepduration: '2', remsleepduration: '3' },
      [6, [1, 3, 2, null]],
    ],
    ['no stages, a total', { deepsleepduration: null, total_sleep_time: 25_200 }, [25_200, null]],
    [
      'stages of nothing, a total',
      { deepsleepduration: 0, lightsleepduration: 0, total_sleep_time: 7 },
      [7, null],
    ],
    [
      'no REM told, and more in all',
      { ...stages, remsleepduration: null, total_sleep_time: 20_000 },
      [20_000, null],
    ],
    ['no REM told', { ...stages, remsleepduration: null }, [18_000, [6000, null, 12_000, null]]],
    [
      'awake all the time',
      { deepsleepduration: 0, lightsleepduration: 0, remsleepduration: 0, wakeupduration: 60 },
      [0, [0, 0, 0, 60]],
    ],
    ['nothing', {}, [null, null]],
    ['no data', null, [null, null]],
    ['a stage of 25 hours', { ...stages, deepsleepduration: 90_000 }, undefined],
    ['a total of 25 hours', { total_sleep_time: 90_000 }, undefined],
    ['25 hours together', { deepsleepduration: 45_000, lightsleepduration: 45_000 }, undefined],
    ['less than nothing', { ...stages, wakeupduration: -1 }, undefined],
  ])('%s', (_words, data, expected) => {
    expect(asleep(data)).toEqual(expected);
  });

  test.each([
    ['ends in the future', { enddate: NOW / 1000 + 60, startdate: NOW / 1000 - 3600 }],
    ['ends before it begins', { enddate: AT - 1 }],
    ['takes two days', { startdate: AT - 2 * 86_400 }],
    ['is of 31 February', { date: '2026-02-31' }],
  ])('a night that %s is none', (_words, more) => {
    expect(read(nights, { series: [night(stages, more)] })).toMatchObject({ rows: [], skipped: 1 });
  });
});

test('days: what is not known is not none, what cannot be is left out', () => {
  const day = { date: '2026-06-01', steps: '9', distance: 7.5, active: 60, calories: 'many' };
  const impossible = [
    { ...day, steps: 1e9 },
    { ...day, date: '2026-06-18' },
    { ...day, steps: -1 },
  ];
  expect(read(activity, { activities: [...odd, day, ...impossible] })).toMatchObject({
    rows: [{ date: '2026-06-01', steps: 9, distance: 7.5, activeSeconds: 60 }],
    skipped: odd.length + 3,
  });
  const bare = { date: '2026-06-01', steps: 0, distance: null };
  expect(read(activity, { activities: bare })?.rows).toEqual([
    { date: '2026-06-01', steps: 0, distance: null, activeSeconds: null },
  ]);
});

test('devices without a model have a row, things that name nothing have none', () => {
  const scale = { model: 'Body+', battery: 'full', last_session_date: null };
  const bare = {
    type: 'Scale',
    model: null,
    battery: null,
    first_session_date: AT,
    last_session_date: '9999999999',
  };
  const blank = { id: null, type: null, battery: 'unknown', firstSeen: null, lastSeen: null };
  expect(read(devices, { devices: [...odd, scale, bare] })?.rows).toEqual([
    { ...blank, model: 'Body+' },
    { ...blank, type: 'Scale', model: null, firstSeen: new Date(AT * 1000) },
  ]);
});

test('what is said to have happened in two days has not', () => {
  const later = NOW / 1000 + 2 * 86_400;
  const future = {
    startdate: AT,
    enddate: later,
    category: 2,
    data: null,
    timestamp: later,
    ecg: { afib: 0 },
  };
  expect(read(workouts, { series: [future] })).toMatchObject({ rows: [], skipped: 1 });
  expect(read(recordings, { series: [future] })).toMatchObject({ rows: [], skipped: 1 });
  const device = { model: 'Body+', first_session_date: later, last_session_date: later };
  expect(read(devices, { devices: [device] })?.rows).toMatchObject([{ firstSeen: null, lastSeen: null }]);
});

test('workouts and recordings', () => {
  const workout = {
    startdate: AT,
    enddate: AT + 60,
    category: 2,
    data: { distance: 0, manual_distance: 900 },
  };
  expect(read(workouts, { series: [...odd, workout, { ...workout, enddate: AT - 1 }] })?.rows).toEqual([
    { start: new Date(AT * 1000), end: new Date((AT + 60) * 1000), category: 2, distance: 900 },
  ]);
  const stetho = { timestamp: AT, stetho: { signalid: 1 } };
  const series = [
    ...odd,
    stetho,
    { timestamp: AT, ecg: { afib: 1 }, heart_rate: { value: 61 } },
    { timestamp: AT - 1, ecg: { afib: 9 }, heart_rate: null },
  ];
  expect(read(recordings, { series })?.rows).toEqual([
    { at: new Date(AT * 1000), heartRate: 61, afib: 'positive' },
    { at: new Date((AT - 1) * 1000), heartRate: null, afib: null },
  ]);
});

test.each([
  [{ goals: { steps: 10_000, sleep: 28_800, weight: { value: 70_500, unit: -3 } } }, [10_000, 28_800, 70.5]],
  [{ goals: { steps: '10000', weight: { value: -1, unit: 0 } } }, [10_000, null, null]],
  [{ goals: [] }, [null, null, null]],
  [{}, [null, null, null]],
  [[], [null, null, null]],
])('goals %j', (body, expected) => {
  expect(Object.values(goals.parse(body))).toEqual(expected);
});

test.each([
  [{}, false, null],
  [{ more: 0, offset: 5 }, false, 5],
  [{ more: false, offset: 0 }, false, null],
  [{ more: 1, offset: 200 }, true, 200],
  [{ more: '1', offset: '200' }, true, 200],
  [{ more: true, offset: 100 }, true, 100],
  [{ more: 'true' }, true, null],
  [{ more: 'false' }, false, null],
  [{ more: '0', offset: '' }, false, null],
  [{ more: 'yes', offset: 'x' }, false, null],
])('of %j', (paging, more, offset) => {
  expect(pageBody.parse(paging)).toMatchObject({ more, offset });
});

test('a list that is none is refused as a whole; nothing at all is an empty one', () => {
  for (const service of [measures, activity, nights, devices]) {
    for (const none of [undefined, 'x', 7, true]) {
      expect(read(service as Service<unknown>, { [service.field]: none })).toBeNull();
    }
    expect(read(service as Service<unknown>, { [service.field]: null })?.rows).toEqual([]);
  }
});

test.each([
  ['the body says', { timezone: 'Europe/Paris' }, 'Europe/Paris'],
  ['the newest row says', {}, 'Pacific/Auckland'],
  ['what the body says is no zone', { timezone: 'Mars/Olympus' }, 'Pacific/Auckland'],
  ['the body says a number', { timezone: 7 }, 'Pacific/Auckland'],
])('where the person lives: %s', (_words, body, zone) => {
  const row = (date: string, timezone: unknown) => ({ date, steps: 1, timezone });
  const activities = [
    row('2026-06-01', 'Asia/Kolkata'),
    row('2026-06-03', 'Pacific/Auckland'),
    row('2026-06-04', '../etc/passwd'),
    row('2026-06-05', null),
    row('2026-06-06', '+02:00'),
    row('2026-06-02', 'America/Los_Angeles'),
  ];
  expect(read(activity, { ...body, activities })?.timezone).toBe(zone);
});
