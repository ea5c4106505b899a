import type { Attribution, Measure } from '../../withings/data/records.ts';
import { MEASTYPES, WHOLE_BODY } from '../../withings/meastypes.ts';
import type { Quantity, Wording } from '../preferences/wording.ts';
import { groupBy } from './groups.ts';
import { NOTHING } from './panel.ts';

/** Withings, "Measure - Getmeas", `position`. */
const POSITIONS: ReadonlyMap<number, string> = new Map([
  [0, 'right wrist'],
  [1, 'left wrist'],
  [2, 'right arm'],
  [3, 'left arm'],
  [4, 'right foot'],
  [5, 'left foot'],
  [6, 'between the legs'],
  [8, 'left side'],
  [9, 'right side'],
  [10, 'left leg'],
  [11, 'right leg'],
  [12, 'torso'],
  [13, 'left hand'],
  [14, 'right hand'],
]);

export function isWhole({ position }: Pick<Measure, 'position'>): boolean {
  return position === null || position === WHOLE_BODY;
}

/** "Fat mass, left arm". */
export function nameOf(measure: Pick<Measure, 'type' | 'position'>): string {
  const { type, position } = measure;
  const label = MEASTYPES.get(type)?.label ?? `Measure ${type}`;
  if (position === null || isWhole(measure)) return label;
  return `${label.replace(' of a part', '')}, ${POSITIONS.get(position) ?? `position ${position}`}`;
}

/** In the unit that the person counts in. */
export function quantityOf({ type, value }: Pick<Measure, 'type' | 'value'>, wording: Wording): Quantity {
  const unit = MEASTYPES.get(type)?.unit ?? '';
  if (unit === 'kg') return wording.mass(value);
  if (unit === '°C') return wording.temperature(value);
  const digits = unit === 'm' ? 2 : Number.isInteger(value) ? 0 : 1;
  return { value: wording.number(value, digits), unit };
}

export function quantityWords({ value, unit }: Quantity): string {
  return `${value} ${unit}`.trimEnd();
}

export function isSure({ attribution }: { attribution: Attribution }): boolean {
  return attribution === 'sure';
}

/** What a table says beside a measure. */
export function noteOf(attribution: Attribution): string {
  return NOTES[attribution];
}

const NOTES: Record<Attribution, string> = {
  sure: '',
  ambiguous: 'not sure whose',
  'set-up': 'set up with the account',
};

const MAX_NOTED = 20;

/** Beside days and weeks, the newest of what it is not sure about, one by one, and how many more there are. */
export function unsureRows<T extends { attribution: Attribution }>(
  newestFirst: T[],
  cellsOf: (row: T) => string[],
): string[][] {
  const unsure = newestFirst.filter((row) => !isSure(row));
  const rows = unsure.slice(0, MAX_NOTED).map(cellsOf);
  const [first = []] = rows;
  const more = unsure.length - rows.length;
  return more > 0 ? [...rows, [`${more} more`, ...first.slice(2).map(() => NOTHING), 'not sure']] : rows;
}

export function newestFirst<T extends { at: Date }>(rows: T[]): T[] {
  return rows.toSorted((a, b) => b.at.getTime() - a.at.getTime());
}

/**
 * The newest of each type and part of the body, and beside it a newer one of which it is not sure whose it is, or that
 * may not be accurate. Newest first in; in the order of `types` out, the whole body before its parts.
 */
export function latestOfEach(measures: Measure[], types: Iterable<number>): Measure[] {
  const byType = groupBy(measures, ({ type }) => type);
  return [...types].flatMap((type) => {
    const found = byType.get(type) ?? [];
    const places = groupBy([...found.filter(isWhole), ...found.filter((row) => !isWhole(row))], nameOf);
    return [...places.values()].flatMap(([newest, ...older]) => {
      const sure = newest && !isSure(newest) ? older.find(isSure) : undefined;
      return [sure, newest].filter((row) => row !== undefined);
    });
  });
}
