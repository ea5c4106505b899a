import { HOUR, MINUTE } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { DEVICES } from '../devices.ts';
import { noise } from '../noise.ts';
import type { Sleep } from './sleeps.ts';

/** Numbers of the states as documented. */
export const AWAKE = 0;
export const LIGHT = 1;
export const DEEP = 2;
export const REM = 3;
export const UNSPECIFIED = 5;

/** Minutes of deep sleep and of REM in each cycle: the one wanes through the night, the other grows. */
const CYCLES = [
  { deep: 38, rem: 8 },
  { deep: 30, rem: 16 },
  { deep: 19, rem: 24 },
  { deep: 8, rem: 30 },
  { deep: 0, rem: 34 },
  { deep: 0, rem: 36 },
  { deep: 0, rem: 36 },
];

/** Times in milliseconds; each begins where the one before ends. */
export interface Stage {
  state: number;
  start: number;
  end: number;
}

/** @differs sleep get (I): older devices have state 5, unspecified, for all sleep */
export function stagesOf(person: Person, sleep: Sleep): Stage[] {
  const stages = plan(person, sleep);
  if (sleep.device !== DEVICES.band) return stages;
  return stages.map((stage) => (stage.state === AWAKE ? stage : { ...stage, state: UNSPECIFIED }));
}

function plan({ userId }: Person, { day, start, end }: Sleep): Stage[] {
  const isNap = end - start < HOUR;
  const around = (minutes: number, name: number) =>
    Math.round(minutes * (0.75 + noise(userId, day, name) * 0.5)) * MINUTE;
  const planned = CYCLES.flatMap(({ deep, rem }, cycle) => {
    const name = 50 + cycle * 5;
    const wakes = noise(userId, day, name) < 0.4;
    return [
      { state: LIGHT, length: around(28, name + 1) },
      { state: DEEP, length: around(deep, name + 2) },
      { state: LIGHT, length: around(14, name + 3) },
      { state: REM, length: around(rem, name + 4) },
      { state: AWAKE, length: wakes ? around(5, name) : 0 },
    ];
  });
  const rising = around(isNap ? 2 : 6, 45);
  const stages: Stage[] = [];
  let at = start;
  for (const { state, length } of [{ state: AWAKE, length: around(isNap ? 4 : 13, 46) }, ...planned]) {
    const until = Math.min(at + length, end - rising);
    if (until > at) stages.push({ state, start: at, end: until });
    at = until;
  }
  return [...stages, { state: AWAKE, start: at, end }];
}
