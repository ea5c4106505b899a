import type { DayRange } from '../../time/days.ts';
import type { Attribution, Measure } from '../../withings/data/records.ts';
import { DOT } from '../charts/chart.ts';
import { type Reading, readingChart } from '../charts/readings.ts';
import type { Wording } from '../preferences/wording.ts';
import { dayOf, groupBy, grouped, isFew, mean, spanOf, wordsFor } from './groups.ts';
import { isSure, newestFirst, noteOf, unsureRows } from './measures.ts';
import { type Content, ended, NOTHING, withNotes } from './panel.ts';

export const DIASTOLIC = 9;
export const SYSTOLIC = 10;
const PULSE = 11;
/** What makes a reading together, and is something by itself where one of them is missing. */
export const IN_READINGS = [SYSTOLIC, DIASTOLIC, PULSE];
/** Of measurements at home. Source: ESC/ESH guidelines of 2018, and most others. */
const HOME_TARGET = [135, 85].map((value) => ({ value, words: 'common home target 135/85' }));

export interface Pressure {
  at: Date;
  systolic: number;
  diastolic: number;
  pulse: number | undefined;
  attribution: Attribution;
}

/**
 * Blood pressure and the pulse that came with it. `readings` of the range, newest first; `isCut`: there are more, and
 * nothing is said of all of them.
 */
export function heartContent(
  readings: Pressure[],
  isCut: boolean,
  range: DayRange,
  wording: Wording,
): Content | null {
  if (readings.length === 0) return null;
  const table = tableOf(readings, range, wording);
  const sure = readings.filter(isSure);
  const [latest] = sure;
  if (!latest) return { sentence: 'It is not sure whether any of these is yours.', table };
  const areFew = isFew(sure.length, range);
  const { systolic, diastolic } = meanOf(sure, wording);
  const average = `${systolic}/${diastolic} mmHg`;
  const pulse = latest.pulse === undefined ? '' : `, pulse ${wording.number(latest.pulse, 0)} bpm`;
  const means =
    sure.length > 1 && !isCut ? ` Mean of ${wording.number(sure.length, 0)} readings: ${average}.` : '';
  return {
    figure: {
      value: `${wording.number(latest.systolic, 0)}/${wording.number(latest.diastolic, 0)}`,
      unit: 'mmHg',
    },
    sentence: `${ended(`Measured ${wording.clock(latest.at.getTime())}${pulse}`)}${means}`,
    chart: readingChart(
      {
        label: `Blood pressure over ${range.days} days${isCut ? '' : `, on average ${average}`}`,
        range,
        wording,
        unit: 'mmHg',
        minSpan: 20,
        references: HOME_TARGET,
        means: [],
        gap: 0,
        legend: [
          { kind: 'systolic', words: 'systolic', path: DOT },
          { kind: 'diastolic', words: 'diastolic', path: DOT },
          ...(areFew && sure.length > 1 ? [{ kind: 'newest', words: 'newest', path: DOT }] : []),
        ],
      },
      areFew ? eachOf(sure, range, wording) : groupsOf(sure, range, wording),
    ),
    table,
  };
}

function eachOf(readings: Pressure[], range: DayRange, wording: Wording): Reading[] {
  const whole = (value: number) => wording.number(value, 0);
  return readings.map(({ at, systolic, diastolic, pulse }, index) => ({
    at: range.position(at.getTime()),
    low: diastolic,
    high: systolic,
    points: [
      { value: systolic, kind: index === 0 ? 'systolic newest' : 'systolic' },
      { value: diastolic, kind: index === 0 ? 'diastolic newest' : 'diastolic' },
    ],
    title: `${wording.clock(at.getTime())}: ${whole(systolic)}/${whole(diastolic)} mmHg${
      pulse === undefined ? '' : `, pulse ${whole(pulse)}`
    }`,
  }));
}

/** One range for all that was measured on those days, and the means on it. */
function groupsOf(readings: Pressure[], range: DayRange, wording: Wording): Reading[] {
  const { head } = wordsFor(spanOf(range));
  return grouped(readings, ({ at }) => dayOf(at, range), range, wording).map(
    ({ first, days, label, rows }) => {
      const [systolic, diastolic] = [rows.map((row) => row.systolic), rows.map((row) => row.diastolic)];
      const low = Math.min(...diastolic);
      const high = Math.max(...systolic);
      const words = meanOf(rows, wording);
      const ends = `from ${wording.number(low, 0)} up to ${wording.number(high, 0)}`;
      return {
        at: first + days / 2,
        low,
        high,
        points: [
          { value: mean(systolic), kind: 'systolic' },
          { value: mean(diastolic), kind: 'diastolic' },
        ],
        title: `${head} ${label}: mean ${words.systolic}/${words.diastolic} mmHg, ${ends}`,
      };
    },
  );
}

function meanOf(readings: Pressure[], wording: Wording) {
  const words = (values: number[]) => wording.number(mean(values), 0);
  return {
    systolic: words(readings.map(({ systolic }) => systolic)),
    diastolic: words(readings.map(({ diastolic }) => diastolic)),
    pulse: readings.flatMap(({ pulse }) => pulse ?? []),
  };
}

function tableOf(readings: Pressure[], range: DayRange, wording: Wording) {
  const cells = (rows: Pressure[]) => {
    const { systolic, diastolic, pulse } = meanOf(rows, wording);
    return [`${systolic}/${diastolic}`, pulse.length > 0 ? `${wording.number(mean(pulse), 0)} bpm` : NOTHING];
  };
  const one = (row: Pressure) => [wording.clock(row.at.getTime()), ...cells([row]), noteOf(row.attribution)];
  const caption = 'Blood pressure and heart rate';
  const columns = ['Blood pressure', 'Pulse'];
  if (isFew(readings.length, range)) return withNotes(caption, ['When', ...columns], readings.map(one));
  const groups = grouped(readings.filter(isSure), ({ at }) => dayOf(at, range), range, wording);
  return withNotes(
    caption,
    [wordsFor(spanOf(range)).head, ...columns],
    [...unsureRows(readings, one), ...groups.map(({ label, rows }) => [label, ...cells(rows), ''])],
  );
}

/** Values of one moment belong together. Newest first. */
export function pressuresOf(measures: Measure[]): Pressure[] {
  const moments = groupBy(measures, ({ at, attribution }) => `${at.getTime()} ${attribution}`);
  return newestFirst(
    [...moments.values()].flatMap((rows) => {
      const known = (type: number) => rows.find((row) => row.type === type)?.value;
      const [systolic, diastolic, [row]] = [known(SYSTOLIC), known(DIASTOLIC), rows];
      if (systolic === undefined || diastolic === undefined || !row) return [];
      return [{ at: row.at, systolic, diastolic, pulse: known(PULSE), attribution: row.attribution }];
    }),
  );
}
