import { DAY_MS } from '../../time/clocks.ts';
import type { Night } from '../../withings/data/records.ts';
import type { Result } from '../../withings/errors.ts';
import { columnChart } from '../charts/columns.ts';
import { dayWords, endOfDay, grouped, hoursWords, startOf } from './dates.ts';
import { narrowed, type Panel, panelOf, type Range } from './panel.ts';

const HOUR_SECONDS = 3600;
/** From the bottom of a column to its top. */
const STAGES = [
  { kind: 'deep', words: 'deep' },
  { kind: 'rem', words: 'REM' },
  { kind: 'light', words: 'light' },
  { kind: 'awake', words: 'awake' },
];

export function sleepPanel(result: Result<Night[]>, range: Range): Panel {
  const until = endOfDay(range.until);
  const first = until - range.days * DAY_MS;
  const nights = narrowed(result, (all) =>
    all.filter(({ date }) => startOf(date) >= first).toSorted((a, b) => b.end.getTime() - a.end.getTime()),
  );
  return panelOf(
    { id: 'sleep', title: 'Sleep' },
    nights,
    (found) => {
      const mean = found.reduce((sum, night) => sum + asleep(night), 0) / found.length;
      const [latest] = found;
      const values = (night: Night) => [...stagesOf(night), asleep(night), night.score ?? Number.NaN];
      const rows = found.map((night) => ({ at: startOf(night.date), values: values(night) }));
      const { span, meaning, rows: shown } = grouped(rows, range.days, until);
      return {
        figure: { value: hoursWords(latest ? asleep(latest) : 0), unit: '' },
        sentence: `In the night to ${dayWords(latest?.date ?? '')}. ${hoursWords(mean)} a night over ${range.days} days.`,
        chart: columnChart(
          `Sleep over ${range.days} days, ${hoursWords(mean)} a night, in hours by stage`,
          shown.map(({ at, values }) => ({
            at,
            parts: STAGES.map(({ kind }, index) => ({ kind, value: (values[index] ?? 0) / HOUR_SECONDS })),
          })),
          { days: range.days, until, span, legend: STAGES },
        ),
        table: {
          caption: `Sleep, ${meaning}`,
          columns: [
            span > 1 ? 'Week from' : 'Night to',
            ...STAGES.map(({ words }) => words),
            'Asleep',
            'Score',
          ],
          rows: shown.map(({ label, values: [deep = 0, rem = 0, light = 0, awake = 0, all = 0, score] }) => [
            label,
            ...[deep, rem, light, awake, all].map(hoursWords),
            score === undefined || Number.isNaN(score) ? '–' : String(Math.round(score)),
          ]),
        },
      };
    },
    `No night in ${range.days} days. Nights come from a Withings sleep mat or watch.`,
  );
}

function asleep({ asleepSeconds }: Night): number {
  return asleepSeconds ?? 0;
}

function stagesOf({ stages }: Night): number[] {
  return stages ? [stages.deep, stages.rem, stages.light, stages.awake] : [];
}
