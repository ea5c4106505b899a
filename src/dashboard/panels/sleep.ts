import type { DayRange } from '../../time/days.ts';
import type { List, Night, Stages } from '../../withings/data/records.ts';
import { columnChart } from '../charts/columns.ts';
import type { Wording } from '../preferences/wording.ts';
import { duration } from '../words.ts';
import { type Group, grouped, mean, spanOf, wordsFor } from './groups.ts';
import { type DaySleep, sleepsOf } from './nights.ts';
import { type Content, ended, NOTHING } from './panel.ts';

const HOUR_SECONDS = 3600;
/** From the bottom of a column to its top. */
const STAGES = [
  { kind: 'deep', words: 'deep' },
  { kind: 'rem', words: 'REM' },
  { kind: 'light', words: 'light' },
  { kind: 'awake', words: 'awake' },
] as const;
const UNDIVIDED = { kind: 'asleep', words: 'asleep, stages not known' };

/** Null: no sleep in the range. */
export function sleepContent(
  list: List<Night>,
  goalSeconds: number | null,
  range: DayRange,
  wording: Wording,
): Content | null {
  const sleeps = sleepsOf(list.rows, range);
  if (sleeps.length === 0) return null;
  const lastNight = sleeps.find(({ night }) => night)?.night?.asleepSeconds ?? null;
  const known = sleeps.flatMap(({ night }) => night?.asleepSeconds ?? []);
  const average = known.length > 0 ? wording.hours(mean(known)) : null;
  const span = spanOf(range);
  const groups = grouped(sleeps, ({ date }) => range.indexOf(date), range, wording).map(summaryOf);
  const kinds = new Set(groups.flatMap(({ parts }) => parts.map(({ kind }) => kind)));
  const head = span === 7 ? wordsFor(span).head : 'Night to';
  const hours = (seconds: number | null) => (seconds === null ? NOTHING : wording.hours(seconds));
  const napped = groups.some(({ naps }) => naps);
  return {
    figure: lastNight === null ? null : { value: wording.hours(lastNight), unit: '' },
    sentence: `${sentenceOf(sleeps, range, wording)}${
      known.length > 1 && average && !list.isCut ? ` Mean of ${known.length} nights: ${average}.` : ''
    }`,
    chart:
      average === null
        ? null
        : columnChart(
            {
              label: `Sleep over ${range.days} days${list.isCut ? '' : `, ${average} a night`}, in hours by stage`,
              range,
              wording,
              unit: 'h',
              minSpan: 8,
              references: goalSeconds
                ? [{ value: goalSeconds / HOUR_SECONDS, words: `goal ${wording.hours(goalSeconds)}` }]
                : [],
              legend: [...STAGES, UNDIVIDED].filter(({ kind }) => kinds.has(kind)),
            },
            groups.flatMap(({ first, days, label, asleep, naps, parts }) => {
              if (asleep === null) return [];
              const title = `${head} ${label}: ${wording.hours(asleep)} asleep${naps ? `, nap ${naps}` : ''}`;
              return [{ first, days, parts, title }];
            }),
          ),
    table: {
      caption: `Sleep, ${wordsFor(span).meaning}`,
      columns: [head, 'Asleep', ...STAGES.map(({ words }) => words), 'Score', ...(napped ? ['Nap'] : [])],
      rows: groups.map(({ label, rows, asleep, stages, score, naps }) => [
        label,
        asleep === null && rows.some(({ night }) => night) ? 'not known' : hours(asleep),
        ...STAGES.map(({ kind }) => hours(stages?.[kind] ?? null)),
        score === null ? NOTHING : wording.number(score, 0),
        ...(napped ? [naps || NOTHING] : []),
      ]),
    },
  };
}

function sentenceOf(sleeps: DaySleep[], range: DayRange, wording: Wording): string {
  const [latest] = sleeps;
  const last = sleeps.find(({ night }) => night);
  const naps =
    latest && latest !== last
      ? ended(`A nap of ${napWords(latest.naps)} on ${wording.day(latest.date)}`)
      : '';
  if (!last) return naps;
  const when = last.date === range.today ? 'Last night' : `In the night to ${wording.day(last.date)}`;
  const unknown = last.night?.asleepSeconds === null ? '; for how long is not known' : '';
  const nap = last.naps.length > 0 ? `, and a nap of ${napWords(last.naps)}` : '';
  return `${ended(`${when}${unknown}${nap}`)} ${naps}`.trimEnd();
}

/** "25 min", "25 min and 10 min"; empty without any. */
function napWords(naps: Night[]): string {
  return naps
    .toSorted((a, b) => a.start.getTime() - b.start.getTime())
    .map(({ start, end, asleepSeconds }) =>
      duration((asleepSeconds ?? 0) * 1000 || end.getTime() - start.getTime()),
    )
    .join(' and ');
}

interface Summary extends Group<DaySleep> {
  asleep: number | null;
  stages: Stages | null;
  score: number | null;
  naps: string;
  parts: { kind: string; value: number }[];
}

/** What is not known counts for nothing: neither for a mean nor against it. */
function summaryOf(group: Group<DaySleep>): Summary {
  const nights = group.rows.flatMap(({ night }) => (night && night.asleepSeconds !== null ? [night] : []));
  const meanOf = (values: number[]) => (values.length > 0 ? mean(values) : null);
  const asleep = meanOf(nights.flatMap(({ asleepSeconds }) => asleepSeconds ?? []));
  const divided = nights.flatMap(({ stages }) => stages ?? []);
  const stages =
    divided.length > 0 && divided.length === nights.length
      ? {
          deep: mean(divided.map(({ deep }) => deep)),
          rem: mean(divided.map(({ rem }) => rem)),
          light: mean(divided.map(({ light }) => light)),
          awake: mean(divided.map(({ awake }) => awake)),
        }
      : null;
  const parts = stages
    ? STAGES.map(({ kind }) => ({ kind, value: stages[kind] / HOUR_SECONDS }))
    : [{ kind: UNDIVIDED.kind, value: (asleep ?? 0) / HOUR_SECONDS }];
  return {
    ...group,
    asleep,
    stages,
    score: meanOf(nights.flatMap(({ score }) => score ?? [])),
    naps: group.days === 1 ? napWords(group.rows.flatMap(({ naps }) => naps)) : '',
    parts: parts.filter(({ value }) => value > 0),
  };
}
