import { describe, expect, test } from '@jest/globals';
import { type Chart, HEIGHT, valueScale, WIDTH } from '../../src/dashboard/charts/chart.ts';
import { type Column, columnChart } from '../../src/dashboard/charts/columns.ts';
import { movingAverage, type Reading, readingChart } from '../../src/dashboard/charts/readings.ts';
import { sparkline } from '../../src/dashboard/charts/sparkline.ts';
import { measuresCsv } from '../../src/dashboard/export.ts';
import { grouped } from '../../src/dashboard/panels/groups.ts';
import { METRIC } from '../../src/dashboard/preferences/units.ts';
import { createWording } from '../../src/dashboard/preferences/wording.ts';
import { addDays, lastDays } from '../../src/time/days.ts';

const NOW = Date.UTC(2026, 5, 15, 12);
const wording = createWording({ zone: 'UTC', locale: 'en-GB', units: METRIC }, NOW);
const range = lastDays(10, NOW, 'UTC');
const options = { label: 'x', range, wording, unit: 'kg', minSpan: 1, references: [], legend: [] };

/** Where each mark stands, between which heights. */
function places({ marks }: Chart) {
  return marks.map(({ bars, strokes }) => {
    const points = strokes.flatMap(({ path }) => {
      const [, x = '', y = '', end = y] = /^M(\S+) ([\d.-]+)(?:V|h0)?([\d.-]+)?/.exec(path) ?? [];
      return [y, end || y].map((height) => ({ x: Number(x), y: Number(height) }));
    });
    const corners = bars.flatMap(({ x, y, width, height }) => [
      { x, y },
      { x: x + width, y: y + height },
    ]);
    return [...points, ...corners];
  });
}

function expectInside(chart: Chart) {
  for (const { x, y } of places(chart).flat()) {
    expect([x >= 0 && x <= WIDTH, y >= 0 && y <= HEIGHT, x, y]).toEqual([true, true, x, y]);
  }
}

function readings(list: [at: number, low: number, high?: number][], means = false): Chart {
  const all = list.map(([at, low, high = low]): Reading => {
    return { at, low, high, points: [{ value: low, kind: 'measured' }], title: '' };
  });
  const points = list.map(([at, value]) => ({ at, value }));
  return readingChart({ ...options, means: means ? movingAverage(points) : [], gap: 8 }, all.reverse());
}

describe('scales', () => {
  test.each([
    [66.1, 67.2],
    [0, 14_000],
    [69.5, 70.5],
    [0, 1],
    [-3, 5],
    [120, 190],
  ])('from %s to %s: labels from the top down, evenly apart, of equal decimals', (least, most) => {
    const { grid, yLabels, y } = valueScale(least, most, wording);
    expect(grid[0]).toBe(0);
    expect(grid.at(-1)).toBe(300);
    expect(grid).toHaveLength(yLabels.length);
    const gaps = grid.slice(1).map((height, index) => Math.round(height - (grid[index] ?? 0)));
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
    expect(new Set(yLabels.map((words) => words.split('.')[1]?.length)).size).toBe(1);
    expect(new Set(yLabels).size).toBe(yLabels.length);
    expect(y(most)).toBeGreaterThanOrEqual(0);
    expect(y(least)).toBeLessThanOrEqual(300);
  });

  test('what is alike does not fill the height, and a goal is drawn where it is near', () => {
    const alike = readings([
      [1, 70],
      [2, 70.1],
    ]);
    expect(alike.yLabels.length).toBeGreaterThan(2);
    const [first, second] = places(alike).map(([dot]) => dot?.y ?? 0);
    expect((first ?? 0) - (second ?? 0)).toBeLessThan(60);
    const withGoal = (value: number) =>
      columnChart({ ...options, minSpan: 8, references: [{ value, words: 'goal' }] }, [
        { first: 0, days: 1, parts: [{ kind: 'a', value: 8 }], title: '' },
      ]);
    expect(withGoal(10).references).toHaveLength(1);
    expect(withGoal(10).legend).toEqual([{ kind: 'reference', words: 'goal', path: 'M0 6h12' }]);
    expect(withGoal(800).references).toEqual([]);
    expect(withGoal(800).legend[0]?.words).toBe('goal, above this picture');
  });
});

describe('readings', () => {
  test('nobody weighs less than nothing, on an axis neither', () => {
    expect(readings([[1, 0.4]]).yLabels.at(-1)).toBe('0.0');
  });

  test('the mean takes in a week and no more', () => {
    const points = [0, 1, 2, 7, 8].map((at) => ({ at, value: at * 10 }));
    expect(movingAverage(points).map(({ value }) => Math.round(value * 10) / 10)).toEqual([
      0, 5, 10, 33.3, 56.7,
    ]);
  });

  test('the mean looks at each of many readings a few times, and not at all of them for each', () => {
    let looks = 0;
    const points = Array.from({ length: 1000 }, (_, index) => ({
      value: 70,
      get at() {
        looks += 1;
        return index / 1000;
      },
    }));
    movingAverage(points);
    expect(looks).toBeLessThan(5000);
  });

  test('each stands where its time says; several of a moment stand side by side around it', () => {
    expect(places(readings([[5, 70]])).map(([dot]) => dot?.x)).toEqual([500]);
    const three = readings([
      [5, 80, 120],
      [5, 80, 121],
      [5.001, 80, 122],
    ]);
    expect(places(three).map(([dot]) => dot?.x)).toEqual([488, 500, 512]);
  });

  test('whole inside the frame: the first midnight, now, and more of them than there is room for', () => {
    expectInside(
      readings([
        [0, 60, 130],
        [9.999, 62, 182],
        [10, 80, 90],
      ]),
    );
    const crowd = readings(Array.from({ length: 400 }, () => [10, 60, 180]));
    expectInside(crowd);
    expect(new Set(places(crowd).map(([dot]) => dot?.x)).size).toBe(400);
  });

  test('where nothing was measured for nine days the line breaks', () => {
    const range30 = (days: number[]) =>
      readings(
        days.map((at) => [at, 70 + at / 100]),
        true,
      ).lines.length;
    expect(range30([0, 1, 2, 3])).toBe(1);
    expect(range30([0, 7, 14, 21])).toBe(1);
    expect(range30([0, 1, 10, 11])).toBe(2);
    expect(range30([0, 10, 20])).toBe(0);
  });
});

describe('columns', () => {
  const column = (first: number, value: number, days = 1): Column => {
    return { first, days, parts: [{ kind: 'deep', value }], title: '' };
  };

  test('parts are piled up from the bottom, in the middle of their day', () => {
    const parts = [
      { kind: 'deep', value: 2 },
      { kind: 'light', value: 6 },
    ];
    const { marks } = columnChart(options, [{ first: 9, days: 1, parts, title: 'today' }]);
    expect(marks).toEqual([
      {
        title: 'today',
        strokes: [],
        bars: [
          { x: 914, y: 225, width: 72, height: 75, kind: 'deep' },
          { x: 914, y: 0, width: 72, height: 225, kind: 'light' },
        ],
      },
    ]);
  });

  test('today is inside, a week that reaches out is cut, and nothing at all is seen as such', () => {
    const chart = columnChart(options, [column(9, 5), column(2, 0), column(-4, 7, 7)]);
    expectInside(chart);
    expect(chart.marks[1]?.bars).toEqual([{ x: 214, y: 298, width: 72, height: 2, kind: 'deep' }]);
    expect(chart.today).toBe(900);
    expect(chart.xLabels).toEqual(['6 Jun', '11 Jun', 'today']);
  });

  test('weeks end today, and the oldest has a day more', () => {
    const year = lastDays(365, NOW, 'UTC');
    const rows = [0, 6, 7, 364].map((ago) => addDays(year.today, -ago));
    const weeks = grouped(rows, (date) => year.indexOf(date), year, wording);
    expect(weeks.map(({ first, days, rows: found }) => [first, days, found.length])).toEqual([
      [358, 7, 2],
      [351, 7, 1],
      [0, 8, 1],
    ]);
    expect(weeks.map(({ label }) => label)).toEqual(['Tue 9 Jun', 'Tue 2 Jun', 'Mon, 16 Jun 2025']);
  });
});

describe('a sparkline', () => {
  const at = (day: number, high: number, low = high) => ({ day, low, high });

  test('is a line that breaks where nothing was measured, or strokes', () => {
    expect(sparkline([at(0, 70), at(1, 71), at(20, 70)], 30, 1)).toEqual({
      width: 300,
      height: 24,
      path: 'M5 24h0L15 0M205 24h0',
      latest: 'M205 24h0',
    });
    expect(sparkline([at(0, 120, 80), at(29, 100, 90)], 30, 20)).toMatchObject({
      path: 'M5 24V0',
      latest: 'M295 18V12',
    });
  });

  test('makes nothing of small differences', () => {
    expect(sparkline([at(0, 70), at(1, 70.25)], 30, 1).path).toBe('M5 24h0L15 18');
  });
});

test('a cell that a spreadsheet would execute is defused', () => {
  const named = { type: 1, label: '=HYPERLINK("http://evil.example")', value: -5, unit: '@x' };
  const at = '2026-06-16T00:00:00.000Z';
  const csv = measuresCsv([{ ...named, at, attribution: 'sure', position: null }]);
  expect(csv).toContain(`2026-06-16T00:00:00.000Z,1,"'=HYPERLINK(""http://evil.example"")",-5,'@x,sure,\r\n`);
});
