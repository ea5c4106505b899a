import type { DayRange } from '../../time/days.ts';
import type { ActivityDay, List } from '../../withings/data/records.ts';
import { columnChart } from '../charts/columns.ts';
import type { Wording } from '../preferences/wording.ts';
import { grouped, isWithin, mean, spanOf, wordsFor } from './groups.ts';
import { quantityWords } from './measures.ts';
import { type Content, ended, NOTHING } from './panel.ts';

/** Null: nothing was counted in the range. */
export function stepsContent(
  list: List<ActivityDay>,
  goal: number | null,
  range: DayRange,
  wording: Wording,
): Content | null {
  const found = daysOf(list.rows, range);
  const [latest] = found;
  if (!latest) return null;
  const count = (steps: number) => wording.number(steps, 0);
  const isRunning = ({ date }: ActivityDay) => date === range.today;
  const whole = found.filter((day) => !isRunning(day));
  const average = whole.length > 0 && !list.isCut ? count(mean(whole.map(({ steps }) => steps))) : null;
  const { head, meaning } = wordsFor(spanOf(range));
  const groups = grouped(found, ({ date }) => range.indexOf(date), range, wording).map((group) => {
    // A day that is not over makes no week smaller.
    const complete = group.rows.filter((day) => !isRunning(day));
    const rows = complete.length > 0 ? complete : group.rows;
    const meanOf = (of: (day: ActivityDay) => number | null) => {
      const known = rows.flatMap((day) => of(day) ?? []);
      return known.length > 0 ? mean(known) : null;
    };
    return {
      ...group,
      running: complete.length === 0,
      steps: mean(rows.map(({ steps }) => steps)),
      distance: meanOf(({ distance }) => distance),
      active: meanOf(({ activeSeconds }) => activeSeconds),
    };
  });
  const runs = groups.some(({ running }) => running);
  return {
    figure: { value: count(latest.steps), unit: 'steps' },
    sentence: `${ended(`${isRunning(latest) ? 'So far on' : 'On'} ${wording.day(latest.date)}`)}${
      whole.length > 1 && average ? ` Mean of ${whole.length} whole days: ${average}.` : ''
    }`,
    chart: columnChart(
      {
        label: `Steps over ${range.days} days${average ? `, ${average} a day` : ''}`,
        range,
        wording,
        unit: 'steps',
        minSpan: 1000,
        references: goal ? [{ value: goal, words: `goal ${count(goal)} steps` }] : [],
        legend: [
          ...(whole.length > 0 && (runs || spanOf(range) > 1) ? [{ kind: 'steps', words: meaning }] : []),
          ...(runs ? [{ kind: 'steps running', words: 'today so far' }] : []),
        ],
      },
      groups.map(({ first, days, label, running, steps }) => ({
        first,
        days,
        parts: [{ kind: running ? 'steps running' : 'steps', value: steps }],
        title: `${days > 1 ? `${head} ${label}: a day` : `${label}:`} ${count(steps)} steps${running ? ' so far' : ''}`,
      })),
    ),
    table: {
      caption: 'Steps',
      columns: [head, 'Steps', 'Distance', 'Active'],
      rows: groups.map(({ label, steps, distance, active }) => [
        label,
        count(steps),
        distance === null ? NOTHING : quantityWords(wording.distance(distance)),
        active === null ? NOTHING : wording.hours(active),
      ]),
    },
  };
}

/** One row for each calendar day: of two devices the one that counted more. Newest first. */
export function daysOf(rows: ActivityDay[], range: DayRange): ActivityDay[] {
  const days = new Map<string, ActivityDay>();
  for (const row of rows) {
    const known = days.get(row.date);
    if (isWithin(row.date, range) && (!known || row.steps > known.steps)) days.set(row.date, row);
  }
  return [...days.values()].sort((a, b) => (a.date < b.date ? 1 : -1));
}
