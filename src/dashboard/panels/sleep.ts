import type { DayRange } from '../../time/days.ts';
import type { List, Night } from '../../withings/data/records.ts';
import type { Chart } from '../charts/chart.ts';
import { columnChart } from '../charts/columns.ts';
import type { Wording } from '../preferences/wording.ts';
import { grouped, mean, spanOf, wordsFor } from './groups.ts';
import { type DaySleep, sleepsOf } from './nights.ts';
import { type Content, ended, NOTHING, type Table } from './panel.ts';
import { HOUR_SECONDS, napWords, type SleepSummary, STAGES, summaryOf, UNDIVIDED } from './sleep-summary.ts';

/** Null: no sleep in the range. */
export function sleepContent(
  list: List<Night>,
  goalSeconds: number | null,
  range: DayRange,
  wording: Wording,
): Content | null {
  const sleeps = sleepsOf(list.rows, range);
  if (sleeps.length === 0) return null;
  const latest = sleeps.find(({ night }) => night)?.night?.asleepSeconds ?? null;
  const known = sleeps.flatMap(({ night }) => night?.asleepSeconds ?? []);
  const average = known.length > 0 && !list.isCut ? wording.hours(mean(known)) : null;
  const means = average && known.length > 1 ? ` Mean of ${known.length} nights: ${average}.` : '';
  const groups = grouped(sleeps, ({ date }) => range.indexOf(date), range, wording).map(summaryOf);
  const label = `Sleep over ${range.days} days${average ? `, ${average} a night` : ''}, in hours by stage`;
  return {
    figure: latest === null ? null : { value: wording.hours(latest), unit: '' },
    sentence: sentenceOf(sleeps, range, wording) + means,
    chart: known.length > 0 ? chartOf(label, groups, goalSeconds, range, wording) : null,
    table: tableOf(groups, range, wording),
  };
}

function sentenceOf(sleeps: DaySleep[], range: DayRange, wording: Wording): string {
  const [latest] = sleeps;
  const last = sleeps.find(({ night }) => night);
  const naps =
    latest && latest !== last
      ? ended(
          `${latest.naps.length > 1 ? 'Naps' : 'A nap'} of ${napWords(latest.naps)} on ${wording.day(latest.date)}`,
        )
      : '';
  if (!last) return naps;
  const when = last.date === range.today ? 'Last night' : `In the night to ${wording.day(last.date)}`;
  const unknown = last.night?.asleepSeconds === null ? '; for how long is not known' : '';
  const nap =
    last.naps.length > 0 ? `, and ${last.naps.length > 1 ? 'naps' : 'a nap'} of ${napWords(last.naps)}` : '';
  return `${ended(`${when}${unknown}${nap}`)} ${naps}`.trimEnd();
}

function chartOf(
  label: string,
  groups: SleepSummary[],
  goalSeconds: number | null,
  range: DayRange,
  wording: Wording,
): Chart {
  const head = headOf(range);
  const columns = groups.flatMap(({ first, days, label: day, asleep, naps, parts }) => {
    if (asleep === null) return [];
    const title = `${head} ${day}: ${wording.hours(asleep)} asleep${naps ? `, nap ${naps}` : ''}`;
    return [{ first, days, parts, title }];
  });
  const goal = goalSeconds
    ? [{ value: goalSeconds / HOUR_SECONDS, words: `goal ${wording.hours(goalSeconds)}` }]
    : [];
  const kinds = new Set(columns.flatMap(({ parts }) => parts.map(({ kind }) => kind)));
  const legend = [...STAGES, UNDIVIDED].filter(({ kind }) => kinds.has(kind));
  return columnChart({ label, range, wording, unit: 'h', minSpan: 8, references: goal, legend }, columns);
}

function tableOf(groups: SleepSummary[], range: DayRange, wording: Wording): Table {
  const hours = (seconds: number | null) => (seconds === null ? NOTHING : wording.hours(seconds));
  const napped = groups.some(({ naps }) => naps);
  return {
    caption: `Sleep, ${wordsFor(spanOf(range)).meaning}`,
    columns: [
      headOf(range),
      'Asleep',
      ...STAGES.map(({ words }) => words),
      'Score',
      ...(napped ? [spanOf(range) === 7 ? 'Naps' : 'Nap'] : []),
    ],
    rows: groups.map(({ label, rows, asleep, stage, score, naps }) => [
      label,
      asleep === null && rows.some(({ night }) => night) ? 'not known' : hours(asleep),
      ...STAGES.map(({ kind }) => hours(stage(kind))),
      score === null ? NOTHING : wording.number(score, 0),
      ...(napped ? [naps || NOTHING] : []),
    ]),
  };
}

function headOf(range: DayRange): string {
  const span = spanOf(range);
  return span === 7 ? wordsFor(span).head : 'Night to';
}
