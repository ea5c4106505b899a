import { describe, expect, test } from '@jest/globals';
import { valueScale } from '../../src/dashboard/charts/chart.ts';
import { byWeek, columnChart } from '../../src/dashboard/charts/columns.ts';
import { movingAverage, trendChart } from '../../src/dashboard/charts/trend.ts';
import { measuresCsv } from '../../src/dashboard/csv.ts';
import { MEASTYPES, type Meastype } from '../../src/withings/meastypes.ts';

const DAY = 86_400_000;
const UNTIL = Date.UTC(2026, 5, 16);

describe('scales', () => {
  test.each([
    [66.1, 67.2],
    [0, 14_000],
    [70, 70],
    [0, 1],
    [-3, 5],
  ])('from %s to %s: labels from the top down, evenly apart, both ends on the grid', (least, most) => {
    const { grid, labels, scale } = valueScale(least, most, 1);
    expect(grid[0]).toBe(0);
    expect(grid.at(-1)).toBe(300);
    expect(grid).toHaveLength(labels.length);
    const gaps = grid.slice(1).map((y, index) => Math.round(y - (grid[index] ?? 0)));
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
    expect(scale(most)).toBeGreaterThanOrEqual(0);
    expect(scale(least)).toBeLessThanOrEqual(300);
  });
});

describe('the trend', () => {
  test('the mean takes in a week and no more', () => {
    const points = [0, 1, 2, 7, 8].map((day) => ({ at: UNTIL + day * DAY, value: day * 10 }));
    expect(movingAverage(points).map(({ value }) => Math.round(value * 10) / 10)).toEqual([
      0, 5, 10, 33.3, 56.7,
    ]);
  });

  test('each value is a dot where its time and size say', () => {
    const points = [
      { at: UNTIL - 5 * DAY, value: 60 },
      { at: UNTIL, value: 64 },
    ];
    const { dots, lines } = trendChart('x', points, { days: 10, until: UNTIL, digits: 1 });
    expect(dots).toEqual([
      { x: 500, y: 300, kind: 'measured' },
      { x: 1000, y: 0, kind: 'measured' },
    ]);
    expect(lines[0]?.path).toMatch(/^M500,300L1000,150$/);
  });

  test('a single value is drawn, too', () => {
    const chart = trendChart('x', [{ at: UNTIL, value: 60 }], { days: 7, until: UNTIL, digits: 1 });
    expect(chart.dots).toHaveLength(1);
    expect(JSON.stringify(chart)).not.toContain('null');
  });
});

describe('columns', () => {
  test('parts are piled up from the bottom', () => {
    const columns = [
      {
        at: UNTIL - DAY,
        parts: [
          { kind: 'deep', value: 2 },
          { kind: 'light', value: 6 },
        ],
      },
    ];
    const { bars } = columnChart('x', columns, { days: 10, until: UNTIL });
    expect(bars).toEqual([
      { x: 900, y: 225, width: 72, height: 75, kind: 'deep' },
      { x: 900, y: 0, width: 72, height: 225, kind: 'light' },
    ]);
  });

  test('a column may hang in the air, and one from before the range is left out', () => {
    const columns = [
      { at: UNTIL - DAY, from: 80, parts: [{ kind: 'pressure', value: 40 }] },
      { at: UNTIL - 20 * DAY, from: 80, parts: [{ kind: 'pressure', value: 40 }] },
    ];
    const { bars, yLabels } = columnChart('x', columns, { days: 10, until: UNTIL });
    expect(bars).toEqual([{ x: 900, y: 0, width: 72, height: 300, kind: 'pressure' }]);
    expect([yLabels[0], yLabels.at(-1)]).toEqual(['120', '80']);
  });

  test('weeks end with the range, and hold the mean of their days', () => {
    const rows = [1, 2, 7, 8].map((ago) => ({ at: UNTIL - ago * DAY, values: [ago] }));
    expect(byWeek(rows, UNTIL)).toEqual([
      { at: UNTIL - 7 * DAY, values: [10 / 3] },
      { at: UNTIL - 14 * DAY, values: [8] },
    ]);
  });
});

test('a cell that a spreadsheet would execute is defused', () => {
  const original = MEASTYPES.get(1);
  const map = MEASTYPES as Map<number, Meastype>;
  map.set(1, { label: '=HYPERLINK("http://evil.example")', unit: '@x', range: [0, 1] });
  const measure = { type: 1, value: -5, at: new Date(UNTIL), attribution: 'sure' as const, position: null };
  const csv = measuresCsv([measure]);
  if (original) map.set(1, original);
  expect(csv).toContain(`2026-06-16T00:00:00.000Z,1,"'=HYPERLINK(""http://evil.example"")",-5,'@x`);
});
