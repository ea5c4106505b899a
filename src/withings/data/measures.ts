import { z } from 'zod';
import { MEASTYPES } from '../meastypes.ts';
import { isPast, moment, number, within } from './fields.ts';
import { rowsIn, type Service } from './page.ts';
import type { Attribution, Measure } from './records.ts';

/** What is measured together. Withings, "Measure - Getmeas". */
const group = z.object({
  date: moment,
  attrib: number.catch(0),
  category: number.catch(1),
  measures: z.unknown().transform((found) => rowsIn(found) ?? [null]),
});

/** Its value is value × 10^unit. */
const measure = z.object({
  type: number.pipe(z.int()),
  value: number,
  unit: within(-20, 20),
  position: number.nullable().catch(null),
});

/** Goals, which are asked for by `getgoals`. */
const GOALS = 2;

/** getmeas: value × 10^unit, seconds become a Date. */
export const measures: Service<Measure> = {
  field: 'measuregrps',
  read(row, now) {
    const read = group.safeParse(row);
    if (!read.success || !isPast(read.data.date.getTime(), now)) return [null];
    const { date, attrib, category, measures: found } = read.data;
    if (category === GOALS) return [];
    const attribution = attributionOf(attrib);
    return found.map((item) => {
      const one = measure.safeParse(item);
      if (!one.success) return null;
      const { type, unit, position } = one.data;
      const value = Number(`${one.data.value}e${unit}`); // 66.8, where a product would be 66.80000000000001
      return isPossible(type, value) ? { type, value, at: date, attribution, position } : null;
    });
  },
  at: ({ at }) => at.getTime(),
  nameOf: ({ type, value, at, position }) => `${type} ${at.getTime()} ${value} ${position}`,
};

/** Of the many ways to be sure some have no document (3 and 10 are seen): only doubt has to be known. */
function attributionOf(attrib: number): Attribution {
  if (attrib === 1) return 'ambiguous';
  return attrib === 4 ? 'set-up' : 'sure';
}

/** Of types that we do not know: any number that a device could mean. */
const ANY: [number, number] = [-1e6, 1e6];

function isPossible(type: number, value: number): boolean {
  const [least, most] = MEASTYPES.get(type)?.range ?? ANY;
  return value >= least && value <= most;
}
