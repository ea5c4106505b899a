import { DAY_MS } from '../../time/clocks.ts';
import type { ActivityDay } from '../../withings/data/records.ts';
import type { Result } from '../../withings/errors.ts';
import { columnChart } from '../charts/columns.ts';
import { countWords, dayWords, endOfDay, grouped, hoursWords, startOf } from './dates.ts';
import { narrowed, type Panel, panelOf, type Range } from './panel.ts';

export function stepsPanel(result: Result<ActivityDay[]>, range: Range): Panel {
  const until = endOfDay(range.until);
  const first = until - range.days * DAY_MS;
  const days = narrowed(result, (all) =>
    all.filter(({ date }) => startOf(date) >= first).toSorted((a, b) => (a.date < b.date ? 1 : -1)),
  );
  return panelOf(
    { id: 'steps', title: 'Steps' },
    days,
    (found) => {
      const mean = found.reduce((sum, { steps }) => sum + steps, 0) / found.length;
      const [latest] = found;
      const values = ({ steps, distance, activeSeconds }: ActivityDay) => [
        steps,
        distance ?? 0,
        activeSeconds ?? 0,
      ];
      const rows = found.map((day) => ({ at: startOf(day.date), values: values(day) }));
      const { span, head, meaning, rows: shown } = grouped(rows, range.days, until);
      return {
        figure: { value: countWords(latest?.steps ?? 0), unit: 'steps' },
        sentence: `${isRunning(latest, until) ? 'So far on' : 'On'} ${dayWords(latest?.date ?? '')}. ${countWords(mean)} a day over ${range.days} days.`,
        chart: columnChart(
          `Steps over ${range.days} days, ${countWords(mean)} a day`,
          shown.map(({ at, values: [steps = 0] }) => ({ at, parts: [{ kind: 'steps', value: steps }] })),
          { days: range.days, until, span, legend: [{ kind: 'steps', words: meaning }] },
        ),
        table: {
          caption: 'Steps',
          columns: [head, 'Steps', 'km', 'Active'],
          rows: shown.map(({ label, values: [steps = 0, metres = 0, active = 0] }) => [
            label,
            countWords(steps),
            (metres / 1000).toFixed(1),
            hoursWords(active),
          ]),
        },
      };
    },
    `Nobody counted steps in ${range.days} days. They come from a Withings watch or from the phone.`,
  );
}

/** The day is not over. */
function isRunning(day: ActivityDay | undefined, until: number): boolean {
  return day !== undefined && startOf(day.date) + DAY_MS >= until;
}
