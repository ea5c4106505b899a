import type { Measure } from '../../withings/data/records.ts';
import type { Result } from '../../withings/errors.ts';
import { MEASTYPES, WEIGHT } from '../../withings/meastypes.ts';
import { movingAverage, trendChart } from '../charts/trend.ts';
import { endOfDay, grouped, momentWords } from './dates.ts';
import { narrowed, type Panel, panelOf, type Range } from './panel.ts';

/** What the scale says of the body besides its weight, in the order it is shown. */
const COMPOSITION = [6, 8, 76, 77, 88];

export function weightPanel(result: Result<Measure[]>, range: Range): Panel {
  const weights = narrowed(result, (all) => newestFirst(all.filter(({ type }) => type === WEIGHT)));
  return panelOf(
    { id: 'weight', title: 'Weight' },
    weights,
    (found) => {
      const points = found.map(({ at, value }) => ({ at: at.getTime(), value })).reverse();
      const [latest] = found;
      const averages = movingAverage(points);
      const trend = trendWords((averages.at(-1)?.value ?? 0) - (averages[0]?.value ?? 0));
      const rows = found.map(({ at, value }) => ({ at: at.getTime(), values: [value] }));
      const { span, head, rows: weeks } = grouped(rows, range.days, endOfDay(range.until));
      return {
        figure: { value: (latest?.value ?? 0).toFixed(1), unit: 'kg' },
        sentence: `Measured ${latest ? momentWords(latest.at) : ''}. Over ${range.days} days: ${trend}.`,
        chart: trendChart(`Weight over ${range.days} days, ${trend}`, points, {
          ...range,
          digits: 1,
        }),
        table: {
          caption: 'Weight',
          columns: [span > 1 ? head : 'When', 'kg'],
          rows:
            span > 1
              ? weeks.map(({ label, values: [mean = 0] }) => [label, mean.toFixed(1)])
              : found.map(({ at, value }) => [momentWords(at), value.toFixed(1)]),
        },
      };
    },
    `Nothing was weighed in ${range.days} days. Step on your scale; it shows here within a few minutes.`,
  );
}

function trendWords(kilograms: number): string {
  if (Math.abs(kilograms) < 0.1) return 'as before';
  return `going ${kilograms < 0 ? 'down' : 'up'} by ${Math.abs(kilograms).toFixed(1)} kg`;
}

export function compositionPanel(result: Result<Measure[]>, range: Range): Panel {
  const parts = narrowed(result, (all) => COMPOSITION.flatMap((type) => latestOf(all, type) ?? []));
  return panelOf(
    { id: 'composition', title: 'Body composition' },
    parts,
    (found) => ({
      sentence: `The latest of each, ${momentWords(newestFirst(found)[0]?.at ?? new Date(0))}.`,
      table: {
        caption: 'Body composition',
        columns: ['Part', 'Value'],
        rows: found.map(({ type, value }) => [MEASTYPES.get(type)?.label ?? '', withUnit(type, value)]),
      },
    }),
    `No body composition in ${range.days} days. It comes with scales that measure more than weight.`,
  );
}

function withUnit(type: number, value: number): string {
  return `${value.toFixed(1)} ${MEASTYPES.get(type)?.unit ?? ''}`;
}

function latestOf(measures: Measure[], type: number): Measure | undefined {
  return newestFirst(measures.filter((measure) => measure.type === type))[0];
}

function newestFirst(measures: Measure[]): Measure[] {
  return measures.toSorted((a, b) => b.at.getTime() - a.at.getTime());
}
