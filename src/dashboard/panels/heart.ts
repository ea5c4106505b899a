import type { Measure } from '../../withings/data/records.ts';
import type { Result } from '../../withings/errors.ts';
import { columnChart } from '../charts/columns.ts';
import { momentWords } from './dates.ts';
import { narrowed, type Panel, panelOf, type Range } from './panel.ts';

const DIASTOLIC = 9;
const SYSTOLIC = 10;
const PULSE = 11;

interface Reading {
  at: Date;
  systolic: number;
  diastolic: number;
  pulse: number | undefined;
}

/** Blood pressure and the pulse that came with it. */
export function heartPanel(result: Result<Measure[]>, range: Range): Panel {
  return panelOf(
    { id: 'heart', title: 'Blood pressure and heart rate' },
    narrowed(result, readingsOf),
    (readings) => {
      const mean = (of: (reading: Reading) => number) =>
        Math.round(readings.reduce((sum, reading) => sum + of(reading), 0) / readings.length);
      const [latest] = readings;
      const average = `${mean(({ systolic }) => systolic)}/${mean(({ diastolic }) => diastolic)} mmHg`;
      return {
        figure: latest ? { value: `${latest.systolic}/${latest.diastolic}`, unit: 'mmHg' } : null,
        sentence: `${latest ? `Measured ${momentWords(latest.at)}${pulseWords(latest)}. ` : ''}Mean of ${readings.length}: ${average}.`,
        chart: columnChart(
          `Blood pressure over ${range.days} days, on average ${average}`,
          readings.map(({ at, systolic, diastolic }) => ({
            at: at.getTime(),
            from: diastolic,
            parts: [{ kind: 'pressure', value: systolic - diastolic }],
          })),
          { ...range, legend: [{ kind: 'pressure', words: 'from diastolic up to systolic' }] },
        ),
        table: {
          caption: 'Blood pressure and heart rate',
          columns: ['When', 'Systolic', 'Diastolic', 'Pulse'],
          rows: readings.map((reading) => [
            momentWords(reading.at),
            String(reading.systolic),
            String(reading.diastolic),
            reading.pulse === undefined ? '–' : String(reading.pulse),
          ]),
        },
      };
    },
    `No blood pressure in ${range.days} days. It comes from a Withings blood pressure monitor.`,
  );
}

function pulseWords({ pulse }: Reading): string {
  return pulse === undefined ? '' : `, pulse ${pulse} bpm`;
}

/** Values of one moment belong together. Newest first. */
function readingsOf(measures: Measure[]): Reading[] {
  const moments = new Map<number, Map<number, number>>();
  for (const { type, value, at } of measures) {
    const known = moments.get(at.getTime()) ?? new Map<number, number>();
    moments.set(at.getTime(), known.set(type, value));
  }
  return [...moments]
    .sort(([a], [b]) => b - a)
    .flatMap(([at, values]) => {
      const [systolic, diastolic] = [values.get(SYSTOLIC), values.get(DIASTOLIC)];
      if (systolic === undefined || diastolic === undefined) return [];
      return [{ at: new Date(at), systolic, diastolic, pulse: values.get(PULSE) }];
    });
}
