import type { Measure, Recording, Workout } from '../../withings/data/records.ts';
import { HEIGHT, MEASTYPES, WEIGHT } from '../../withings/meastypes.ts';
import type { Wording } from '../preferences/wording.ts';
import type { Slow } from '../slow-data.ts';
import { duration } from '../words.ts';
import { COMPOSITION } from './composition.ts';
import { IN_READINGS, type Pressure } from './heart.ts';
import { isSure, isWhole, latestOfEach, nameOf, noteOf, quantityOf, quantityWords } from './measures.ts';
import type { Content } from './panel.ts';

/** Height, weight, the pressures and the pulse have their own ways to be shown. */
const ELSEWHERE = new Set([WEIGHT, HEIGHT, ...IN_READINGS, ...COMPOSITION]);

/**
 * The latest of whatever is shown nowhere else. `measures`: newest first; `pressures`: what the blood pressure's panel
 * shows. Null: there is nothing.
 */
export function moreContent(
  measures: Measure[],
  pressures: Pressure[],
  { height: known, recordings, workouts }: Slow,
  wording: Wording,
): Content | null {
  const rest = latestOfEach(
    measures,
    [...MEASTYPES.keys()].filter((type) => !ELSEWHERE.has(type)),
  );
  const told = new Set(pressures.map(({ at }) => at.getTime()));
  const alone = latestOfEach(
    measures.filter(({ at }) => !told.has(at.getTime())),
    IN_READINGS,
  );
  const height = known ?? measures.find(({ type }) => type === HEIGHT) ?? null;
  const row = (name: string, value: string, at: Date, note = '') => [
    name,
    value,
    [wording.clock(at.getTime()), note].filter(Boolean).join(', '),
  ];
  const rowOf = (measure: Measure) =>
    row(
      nameOf(measure),
      quantityWords(quantityOf(measure, wording)),
      measure.at,
      noteOf(measure.attribution),
    );
  const weight = measures.find((measure) => measure.type === WEIGHT && isWhole(measure) && isSure(measure));
  const index = weight && height && height.value > 0 ? weight.value / height.value ** 2 : null;
  const [recording, workout] = [latest(recordings, ({ at }) => at), latest(workouts, ({ start }) => start)];
  const rows = [
    ...[...alone, ...rest].map(rowOf),
    ...(height ? [rowOf(height)] : []),
    ...(weight && index ? [row('Body mass index', `${wording.number(index, 1)} kg/m²`, weight.at)] : []),
    ...(recording ? [row('ECG', recordingWords(recording, wording), recording.at)] : []),
    ...(workout ? [row(workoutName(workout), workoutWords(workout, wording), workout.start)] : []),
  ];
  if (rows.length === 0) return null;
  return {
    sentence: 'The latest of each.',
    table: { caption: 'More measures', columns: ['Measure', 'Latest', 'When'], rows },
  };
}

function latest<T>(rows: T[] | null, atOf: (row: T) => Date): T | undefined {
  return rows?.toSorted((a, b) => atOf(b).getTime() - atOf(a).getTime())[0];
}

/** As the device judged; a doctor may judge otherwise. */
const AFIB = {
  negative: 'no signs of atrial fibrillation',
  positive: 'signs of atrial fibrillation',
  inconclusive: 'inconclusive',
};

function recordingWords({ heartRate, afib }: Recording, wording: Wording): string {
  const rate = heartRate === null ? null : `${wording.number(heartRate, 0)} bpm`;
  return [afib && AFIB[afib], rate].filter(Boolean).join(', ') || 'recorded';
}

/** The more frequent of Withings' categories; source: "Measure v2 - Getworkouts". */
const WORKOUTS: ReadonlyMap<number, string> = new Map([
  [1, 'Walk'],
  [2, 'Run'],
  [3, 'Hike'],
  [6, 'Bicycle ride'],
  [7, 'Swim'],
  [12, 'Tennis'],
  [16, 'Weights'],
  [18, 'Elliptical trainer'],
  [19, 'Pilates'],
  [28, 'Yoga'],
  [187, 'Rowing'],
  [307, 'Indoor run'],
  [550, 'Interval training'],
]);

function workoutName({ category }: Workout): string {
  const name = WORKOUTS.get(category);
  return name ? `Workout: ${name.toLowerCase()}` : 'Workout';
}

function workoutWords({ start, end, distance }: Workout, wording: Wording): string {
  const length = duration(end.getTime() - start.getTime());
  return distance ? `${quantityWords(wording.distance(distance))}, ${length}` : length;
}
