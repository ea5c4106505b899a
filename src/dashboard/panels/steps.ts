import type { ActivityDay } from '../../withings/data.ts';
import { byWeek, columnChart } from '../charts/columns.ts';
import type { Outcome } from '../services.ts';
import { countWords, dayWords, endOfDay, hoursWords, startOf } from './dates.ts';
import { narrowed, type Panel, panelOf, type Range } from './panel.ts';

const DAY = 86_400_000;
/** From here on a day would be too thin to see. */
const MOST_COLUMNS = 60;

export function stepsPanel(outcome: Outcome<ActivityDay>, range: Range): Panel {
  const until = endOfDay(range.until);
  const first = until - range.days * DAY;
  const days = narrowed(outcome, (all) =>
    all.filter(({ date }) => startOf(date) >= first).toSorted((a, b) => (a.date < b.date ? 1 : -1)),
  );
  return panelOf(
    { id: 'steps', title: 'Steps' },
    days,
    (found) => {
      const mean = found.reduce((sum, { steps }) => sum + steps, 0) / found.length;
      const [latest] = found;
      const weekly = range.days > MOST_COLUMNS;
      const rows = found.map(({ date, steps }) => ({ at: startOf(date), values: [steps] }));
      const shown = weekly ? byWeek(rows, until) : rows;
      const columns = shown.map(({ at, values: [steps = 0] }) => ({
        at,
        parts: [{ kind: 'steps', value: steps }],
      }));
      return {
        figure: { value: countWords(latest?.steps ?? 0), unit: 'steps' },
        sentence: `${isRunning(latest, until) ? 'So far on' : 'On'} ${dayWords(latest?.date ?? '')}. ${countWords(mean)} a day over ${range.days} days.`,
        chart: columnChart(`Steps over ${range.days} days, ${countWords(mean)} a day`, columns, {
          days: range.days,
          until,
          span: weekly ? 7 : 1,
          legend: [{ kind: 'steps', words: weekly ? 'mean of a week' : 'a day' }],
        }),
        table: {
          caption: 'Steps',
          columns: ['Day', 'Steps', 'km', 'Active'],
          rows: found.map(({ date, steps, distance, activeSeconds }) => [
            dayWords(date),
            countWords(steps),
            (distance / 1000).toFixed(1),
            hoursWords(activeSeconds),
          ]),
        },
      };
    },
    `Nobody counted steps in ${range.days} days. They come from a Withings watch or from the phone.`,
  );
}

/** The day is not over. */
function isRunning(day: ActivityDay | undefined, until: number): boolean {
  return day !== undefined && startOf(day.date) + DAY >= until;
}
