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
  stages: Stages | null;
  score: number | null;
  /** Of one day; empty without any. */
  naps: string;
  parts: { kind: string; value: number }[];
}

/** What is not known counts for nothing: neither for a mean nor against it. */
export function summaryOf(group: Group<DaySleep>): SleepSummary {
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
    parts,
  };
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
