import type { Night } from '../../withings/data.ts';
import { byWeek, columnChart } from '../charts/columns.ts';
import type { Outcome } from '../services.ts';
import { dayWords, endOfDay, hoursWords, startOf } from './dates.ts';
import { narrowed, type Panel, panelOf, type Range } from './panel.ts';

const DAY = 86_400_000;
const HOUR_SECONDS = 3600;
const MOST_COLUMNS = 60;
/** From the bottom of a column to its top. */
const STAGES = [
  { kind: 'deep', words: 'deep' },
  { kind: 'rem', words: 'REM' },
  { kind: 'light', words: 'light' },
  { kind: 'awake', words: 'awake' },
];

export function sleepPanel(outcome: Outcome<Night>, range: Range): Panel {
  const until = endOfDay(range.until);
  const first = until - range.days * DAY;
  const nights = narrowed(outcome, (all) =>
    all.filter(({ date }) => startOf(date) >= first).toSorted((a, b) => b.end.getTime() - a.end.getTime()),
  );
  return panelOf(
    { id: 'sleep', title: 'Sleep' },
    nights,
    (found) => {
      const mean = found.reduce((sum, night) => sum + asleep(night), 0) / found.length;
      const [latest] = found;
      const weekly = range.days > MOST_COLUMNS;
      const rows = found.map((night) => ({ at: startOf(night.date), values: stagesOf(night) }));
      const shown = weekly ? byWeek(rows, until) : rows;
      return {
        figure: { value: hoursWords(latest ? asleep(latest) : 0), unit: '' },
        sentence: `In the night to ${dayWords(latest?.date ?? '')}. ${hoursWords(mean)} a night over ${range.days} days.`,
        chart: columnChart(
          `Sleep over ${range.days} days, ${hoursWords(mean)} a night, in hours by stage`,
          shown.map(({ at, values }) => ({
            at,
            parts: STAGES.map(({ kind }, index) => ({ kind, value: (values[index] ?? 0) / HOUR_SECONDS })),
          })),
          { days: range.days, until, span: weekly ? 7 : 1, legend: STAGES },
        ),
        table: {
          caption: 'Sleep',
          columns: ['Night to', 'Asleep', ...STAGES.map(({ words }) => words), 'Score'],
          rows: found.map((night) => [
            dayWords(night.date),
            hoursWords(asleep(night)),
            ...stagesOf(night).map(hoursWords),
            night.score === null ? '–' : String(night.score),
          ]),
        },
      };
    },
    `No night in ${range.days} days. Nights come from a Withings sleep mat or watch.`,
  );
}

function asleep({ deepSeconds, lightSeconds, remSeconds }: Night): number {
  return deepSeconds + lightSeconds + remSeconds;
}

function stagesOf({ deepSeconds, remSeconds, lightSeconds, awakeSeconds }: Night): number[] {
  return [deepSeconds, remSeconds, lightSeconds, awakeSeconds];
}
