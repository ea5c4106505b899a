import { expect, test } from '@jest/globals';
import { activity, devices, measures, nights } from '../../src/withings/data/data.ts';

const odd = [null, 7, 'x', {}, [], { date: 'today' }, { date: '2026-01-01' }];

test('rows that make no sense are left out, the others are read', () => {
  const day = { date: '2026-01-01', steps: 9, distance: 7.5, active: 60, calories: 'many' };
  expect(activity.parse({ activities: [...odd, day] }).rows).toEqual([
    { date: '2026-01-01', steps: 9, distance: 7.5, activeSeconds: 60 },
  ]);
  const night = {
    date: '2026-01-01',
    startdate: 10,
    enddate: 20,
    data: { deepsleepduration: 5, sleep_score: -1 },
  };
  expect(nights.parse({ series: [...odd, night] }).rows).toEqual([
    {
      date: '2026-01-01',
      start: new Date(10_000),
      end: new Date(20_000),
      asleepSeconds: 5,
      stages: { deep: 5, light: 0, rem: 0, awake: 0 },
      score: null,
    },
  ]);
  const scale = { model: 'Body+', battery: 'full', last_session_date: null };
  expect(devices.parse({ devices: [...odd, scale] }).rows).toEqual([
    { type: null, model: 'Body+', battery: 'unknown', firstSeen: null, lastSeen: null },
  ]);
});

test.each([
  [{}, null],
  [{ more: 0, offset: 5 }, null],
  [{ more: false, offset: 0 }, null],
  [{ more: 1, offset: 200 }, 200],
  [{ more: true, offset: 100 }, 100],
  [{ more: true }, null],
  [{ more: 'yes', offset: 'x' }, null],
])('after %j comes %s', (paging, next) => {
  expect(measures.parse({ measuregrps: [], ...paging }).next).toBe(next);
});

test('a list that is none is refused as a whole', () => {
  for (const list of [measures, activity, nights, devices])
    expect(list.safeParse({ more: 1 }).success).toBe(false);
});
