import type { DayRange } from '../../time/days.ts';
import type { List, Measure } from '../../withings/data/records.ts';
import { WEIGHT } from '../../withings/meastypes.ts';
import type { Wording } from '../preferences/wording.ts';
import { dayOf, grouped, isFew, mean, spanOf, wordsFor } from './groups.ts';
import { isSure, isWhole, noteOf, quantityWords, unsureRows } from './measures.ts';
import { type Content, ended, type Table, withNotes } from './panel.ts';
import { changeOver } from './trend.ts';
import { weightChart } from './weight-chart.ts';

/** Less is a glass of water. */
const MEANINGFUL_KG = 0.3;

/**
 * `list`: of the range and of the days before it, for the trend; newest first. Null: nothing was weighed in the range.
 */
export function weightContent(
  list: List<Measure>,
  goalKg: number | null,
  range: DayRange,
  wording: Wording,
): Content | null {
  const all = weightsOf(list.rows);
  const found = all.filter(({ at }) => at.getTime() >= range.from);
  if (found.length === 0) return null;
  const table = tableOf(found, range, wording);
  const [latest] = found.filter(isSure);
  if (!latest) return { sentence: 'It is not sure whether any of these is your weight of today.', table };
  const change = list.isCut ? null : changeOver(all.filter(isSure), range);
  const trend = change === null ? null : trendWords(change, wording);
  return {
    figure: wording.mass(latest.value),
    sentence: `${ended(`Measured ${wording.clock(latest.at.getTime())}`)}${trend ? ` Over ${range.days} days: ${trend}.` : ''}`,
    chart: weightChart(
      `Weight over ${range.days} days${trend ? `, ${trend}` : ''}`,
      all.filter(isSure),
      goalKg,
      range,
      wording,
    ),
    table,
  };
}

/** Those of the whole body. */
export function weightsOf(rows: Measure[]): Measure[] {
  return rows.filter((measure) => measure.type === WEIGHT && isWhole(measure));
}

function trendWords(kilograms: number, wording: Wording): string {
  if (Math.abs(kilograms) < MEANINGFUL_KG) return 'about as before';
  return `going ${kilograms < 0 ? 'down' : 'up'} by ${quantityWords(wording.massChange(kilograms))}`;
}

function tableOf(found: Measure[], range: DayRange, wording: Wording): Table {
  const caption = 'Weight';
  const words = (kg: number) => quantityWords(wording.mass(kg));
  const cells = ({ at, value, attribution }: Measure) => [
    wording.clock(at.getTime()),
    words(value),
    noteOf(attribution),
  ];
  if (isFew(found.length, range)) return withNotes(caption, ['When', 'Weight'], found.map(cells));
  const groups = grouped(found.filter(isSure), ({ at }) => dayOf(at, range), range, wording);
  return withNotes(
    caption,
    [wordsFor(spanOf(range)).head, 'Weight'],
    [
      ...unsureRows(found, cells),
      ...groups.map(({ label, rows }) => [label, words(mean(rows.map(({ value }) => value))), '']),
    ],
  );
}
