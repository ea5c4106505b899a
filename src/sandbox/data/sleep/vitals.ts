import { MINUTE, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { noise } from '../noise.ts';
import { DEEP, REM, type Stage } from './stages.ts';

const STEP = 5 * MINUTE;
/** Beats and breaths a minute that a state adds to rest. */
const PULSE = [9, 1, -3, 4];
const BREATH = [1.5, 0.5, 0, 1];

/** One moment of a night; `at` in milliseconds, snoring in seconds of these five minutes. */
export interface Vitals {
  at: number;
  hr: number;
  rr: number;
  snoring: number;
  sdnn_1: number;
  rmssd: number;
  mvt_score: number;
}

/** Every five minutes on the clock that lie within the stage. */
export function vitalsOf({ userId, bloodPressure }: Person, stage: Stage): Vitals[] {
  const first = Math.ceil(stage.start / STEP) * STEP;
  const length = Math.max(0, Math.ceil((stage.end - first) / STEP));
  return Array.from({ length }, (_, index) => {
    const at = first + index * STEP;
    const luck = (name: number) => noise(userId, at / MINUTE, name);
    const still = stage.state === DEEP || stage.state === REM;
    return {
      at,
      hr: Math.round(bloodPressure.pulse - 8 + (PULSE[stage.state] ?? 0) + luck(91) * 5),
      rr: Math.round(13 + (BREATH[stage.state] ?? 0) + luck(92) * 2),
      snoring: stage.state !== 0 && luck(93) < 0.07 ? Math.round(luck(94) * 240) : 0,
      sdnn_1: Math.round(34 + luck(95) * 30),
      rmssd: Math.round(28 + luck(96) * 34),
      mvt_score: still ? Math.round(luck(97) * 8) : Math.round(10 + luck(97) * 60),
    };
  });
}

/** By second, as one series of one kind. */
export function seriesOf(vitals: Vitals[], kind: Exclude<keyof Vitals, 'at'>): Record<string, number> {
  return Object.fromEntries(vitals.map((moment) => [moment.at / SECOND, moment[kind]]));
}
