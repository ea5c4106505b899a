import type { Night, Stages } from '../../withings/data/records.ts';
import { duration } from '../words.ts';
import { type Group, mean } from './groups.ts';
import type { DaySleep } from './nights.ts';

export const HOUR_SECONDS = 3600;
/** From the bottom of a column to its top. */
export const STAGES = [
  { kind: 'deep', words: 'deep' },
  { kind: 'rem', words: 'REM' },
  { kind: 'light', words: 'light' },
  { kind: 'awake', words: 'awake' },
] as const;
export const UNDIVIDED = { kind: 'asleep', words: 'asleep, stages not known' };

/** A night, or the means of a week of them. */
export interface SleepSummary extends Group<DaySleep> {
  /** In s; null: not known. */
  asleep: number | null;
  /** In s; null: not known. */
  stage(kind: keyof Stages): number | null;
  score: number | null;
  /** How long they were, or how many of a week; empty without any. */
  naps: string;
  parts: { kind: string; value: number }[];
}

/** What is not known counts for nothing: neither for a mean nor against it. */
export function summaryOf(group: Group<DaySleep>): SleepSummary {
  const nights = group.rows.flatMap(({ night }) => (night && night.asleepSeconds !== null ? [night] : []));
  const naps = group.rows.flatMap((row) => row.naps);
  const meanOf = (values: number[]) => (values.length > 0 ? mean(values) : null);
  const asleep = meanOf(nights.flatMap(({ asleepSeconds }) => asleepSeconds ?? []));
  const told = (kind: keyof Stages) => nights.flatMap(({ stages }) => stages?.[kind] ?? []);
  const knowing = (kind: keyof Stages) => told(kind).length;
  // Where some nights know of REM and some do not, the means of the parts are not the mean of the whole.
  const isDivided = knowing('deep') === nights.length && [0, nights.length].includes(knowing('rem'));
  const stages =
    asleep !== null && isDivided ? STAGES.map(({ kind }) => ({ kind, seconds: meanOf(told(kind)) })) : null;
  const parts = stages ?? [{ kind: UNDIVIDED.kind, seconds: asleep }];
  return {
    ...group,
    asleep,
    stage: (kind) => stages?.find((stage) => stage.kind === kind)?.seconds ?? null,
    score: meanOf(nights.flatMap(({ score }) => score ?? [])),
    naps: group.days === 1 ? napWords(naps) : countWords(naps.length),
    parts: parts.flatMap(({ kind, seconds }) =>
      seconds === null ? [] : [{ kind, value: seconds / HOUR_SECONDS }],
    ),
  };
}

function countWords(naps: number): string {
  return naps === 0 ? '' : naps === 1 ? 'once' : `${naps} times`;
}

/** "25 min", "25 min and 10 min"; empty without any. */
export function napWords(naps: Night[]): string {
  return naps
    .toSorted((a, b) => a.start.getTime() - b.start.getTime())
    .map(({ start, end, asleepSeconds }) =>
      duration((asleepSeconds ?? 0) * 1000 || end.getTime() - start.getTime()),
    )
    .join(' and ');
}
