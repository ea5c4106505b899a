import type { Measure } from '../../withings/data/records.ts';
import type { Wording } from '../preferences/wording.ts';
import {
  isSure,
  isWhole,
  latestOfEach,
  nameOf,
  newestFirst,
  noteOf,
  quantityOf,
  quantityWords,
} from './measures.ts';
import { type Content, ended, withNotes } from './panel.ts';

/** What a scale says of the body besides its weight, in the order it is shown. */
export const COMPOSITION = [6, 8, 76, 77, 88, 5, 168, 169, 174, 175, 173];

/** The latest of each. `measures`: newest first. Null: there is none. */
export function compositionContent(measures: Measure[], wording: Wording): Content | null {
  const found = latestOfEach(measures, COMPOSITION);
  const [latest] = [...newestFirst(found.filter(isSure)), ...found];
  if (!latest) return null;
  const newest = latest.at.getTime();
  const stale = (at: Date) => (at.getTime() === newest ? '' : wording.clock(at.getTime()));
  const table = (caption: string, rows: Measure[]) =>
    withNotes(
      caption,
      ['Part', 'Value'],
      rows.map((measure) => [
        nameOf(measure),
        quantityWords(quantityOf(measure, wording)),
        [noteOf(measure.attribution), stale(measure.at)].filter(Boolean).join(', '),
      ]),
    );
  const parts = found.filter((measure) => !isWhole(measure));
  return {
    sentence: isSure(latest)
      ? ended(`The latest of each, ${wording.clock(newest)}`)
      : 'It is not sure whether any of these is true of you today.',
    table: table('Body composition', found.filter(isWhole)),
    parts: parts.length > 0 ? table('Arms, legs and torso', parts) : null,
  };
}
