import { beforeEach, describe, expect, test } from '@jest/globals';
import { NOON, type TestApp } from '../support/app.ts';
import { type Visitor, visit } from '../support/visitor.ts';
import { type FarWithings, sayNothing, startFarApart } from '../support/withings.ts';

const DAY = 86_400_000;
const EMPTY = { measuregrps: [], activities: [], series: [], devices: [], goals: {}, more: false, offset: 0 };

let app: TestApp;
let withings: FarWithings;
let visitor: Visitor;

/** Somebody in UTC, at noon of 15 June, who has nothing but what a test says. */
beforeEach(async () => {
  ({ app, withings } = await startFarApart());
  visitor = visit(app);
  sayNothing(withings, 'UTC');
  await visitor.connect();
});

/** Seconds since 1970 of seven in the morning, so many days ago. */
const morning = (daysAgo: number) => (NOON - 5 * 3_600_000 - daysAgo * DAY) / 1000;
const ymd = (daysAgo: number) => new Date(NOON - daysAgo * DAY).toISOString().slice(0, 10);

function measured(values: [daysAgo: number, of: Record<number, number>][], more: object = {}) {
  const measuregrps = values.map(([daysAgo, of]) => ({
    grpid: daysAgo + 1,
    attrib: 0,
    date: morning(daysAgo),
    category: 1,
    measures: Object.entries(of).map(([type, value]) => {
      return { type: Number(type), value: Math.round(value * 1000), unit: -3 };
    }),
  }));
  withings.say('getmeas', { ...EMPTY, timezone: 'UTC', measuregrps, ...more });
}

/** One value for each of them. */
function kgAndPressure(daysAgo: number, value: number) {
  const measures = [1, 9, 10].map((type) => ({ type, value, unit: 0 }));
  return { grpid: daysAgo, attrib: 0, date: morning(daysAgo), category: 1, measures };
}

function counted(rows: [daysAgo: number, steps: number][]) {
  const activities = rows.map(([daysAgo, steps]) => ({ date: ymd(daysAgo), steps, distance: null }));
  withings.say('getactivity', { ...EMPTY, activities });
}

function slept(rows: [daysAgo: number, hours: number][]) {
  const series = rows.map(([daysAgo, hours]) => ({
    date: ymd(daysAgo),
    startdate: morning(daysAgo) - hours * 3600,
    enddate: morning(daysAgo),
    data: { total_sleep_time: hours * 3600 },
  }));
  withings.say('getsummary', { ...EMPTY, series });
}

/** What each tile says: when, the figure, and what is usual. */
async function tiles(query = '', language = 'en-GB'): Promise<Record<string, string[]>> {
  const { text } = await visitor.get(`/dashboard${query}`, { 'Accept-Language': language });
  const list = text.split('<ul class="tiles">')[1]?.split('</ul>')[0] ?? '';
  const items = list.split('<li>').slice(1);
  return Object.fromEntries(
    items.map((item) => {
      const id = /href="#(\w+)"/.exec(item)?.[1] ?? '';
      expect(text).toContain(`<h3 id="${id}">`); // it leads to its panel
      const said = [...item.matchAll(/<span class="(?:fine|figure)">(.*?)<\/span>\n?(?=<|$)/g)];
      return [
        id,
        said.map(([, words = '']) =>
          words
            .replace(/<[^>]*>/g, '')
            .replaceAll('\u00a0', ' ')
            .trim(),
        ),
      ];
    }),
  );
}

const days = (count: number, from = 1) => Array.from({ length: count }, (_, index) => index + from);

describe('what is usual', () => {
  test('a weight is told against the days before it, in the units of the reader', async () => {
    measured([[0, { 1: 69 }], ...days(9).map((ago): [number, { 1: number }] => [ago, { 1: 70 }])]);
    expect(await tiles('', 'de')).toEqual({
      weight: ['today', '69,0 kg', '1,0 kg below your mean of 9 days'],
    });
    expect((await tiles('', 'en-US')).weight?.slice(1)).toEqual([
      '152.1 lb',
      '2.2 lb below your mean of 9 days',
    ]);
  });

  test('what is within what days differ by is no difference', async () => {
    measured([
      [0, { 1: 70.7 }],
      ...days(9).map((ago): [number, { 1: number }] => [ago, { 1: 69 + (ago % 3) }]),
    ]);
    expect((await tiles()).weight).toEqual(['today', '11 st 1.9 lb', 'About your mean of 9 days']);
  });

  test('of four days nothing is usual, however often somebody measured', async () => {
    const one: [number, { 1: number }][] = [1, 1, 1, 2, 3, 4].map((ago) => [ago, { 1: 70 }]);
    measured([[0, { 1: 60 }], ...one]);
    expect((await tiles()).weight?.[2]).toBe('Too few days for a mean');
    app.clock.now += DAY / 24;
    measured([[0, { 1: 60 }], ...one, [5, { 1: 70 }]]);
    expect((await tiles()).weight?.[2]).toBe('1 st 8.0 lb below your mean of 5 days');
  });

  test('both numbers of a blood pressure have their say', async () => {
    const before = days(6).map((ago): [number, Record<number, number>] => [ago, { 10: 120, 9: 80 }]);
    measured([[0, { 10: 129, 9: 74 }], ...before]);
    expect((await tiles()).heart).toEqual([
      'today',
      '129/74 mmHg',
      'Systolic 9 above, diastolic 6 below your mean of 6 days',
    ]);
  });

  test('who else was on the scale, or in the cuff, is nobody’s latest and in no mean', async () => {
    const sure = [kgAndPressure(1, 70), ...days(6, 2).map((ago) => kgAndPressure(ago, 70))];
    withings.say('getmeas', {
      ...EMPTY,
      timezone: 'UTC',
      measuregrps: [{ ...kgAndPressure(0, 23), attrib: 1 }, ...sure],
    });
    expect(await tiles()).toEqual({
      weight: ['14 Jun', '11 st 0.3 lb', 'About your mean of 6 days'],
      heart: ['14 Jun', '70/70 mmHg', 'About your mean of 6 days'],
    });
  });

  test('a day that is not over is neither more nor less', async () => {
    counted([[0, 900], ...days(6).map((ago): [number, number] => [ago, 8000])]);
    expect((await tiles()).steps).toEqual(['so far today', '900', 'Your mean of 6 days: 8,000']);
    app.clock.now += DAY / 24;
    counted(days(7).map((ago) => [ago, ago === 1 ? 9500 : 8000]));
    expect((await tiles()).steps).toEqual(['14 Jun', '9,500', '1,500 above your mean of 6 days']);
  });

  test('a night', async () => {
    slept([[0, 6], ...days(6).map((ago): [number, number] => [ago, 7])]);
    expect((await tiles()).sleep).toEqual(['last night', '6 h 00 min', '1 h below your mean of 6 nights']);
  });

  test('of a list that was cut nothing is said to be usual', async () => {
    const all = days(9, 0).map((ago): [number, { 1: number }] => [ago, { 1: ago ? 70 : 60 }]);
    measured(all, { more: 1, offset: 0 });
    expect((await tiles()).weight?.slice(0, 3)).toEqual(['today', '9 st 6.3 lb', '']);
  });
});

test('there is a tile for what a month has brought, whatever the panels show, and for nothing else', async () => {
  measured([
    [20, { 1: 70 }],
    [40, { 10: 120, 9: 80 }],
  ]);
  expect(await tiles('?days=7')).toEqual({ weight: ['26 May', '11 st 0.3 lb', 'Too few days for a mean'] });
});
