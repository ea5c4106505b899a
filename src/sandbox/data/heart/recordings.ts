import { MINUTE, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { clockTime } from '../calendar.ts';
import { DEVICES, type Device } from '../devices.ts';
import { groupsOfDay } from '../measures/day.ts';
import { noise } from '../noise.ts';

/** An ECG, with a blood pressure where the cuff took both. `at` in milliseconds. */
export interface Recording {
  signalid: number;
  at: number;
  device: Device;
  pulse: number;
  bloodPressure?: { diastole: number; systole: number };
}

/** At most one a day: with every reading of the cuff, or some evenings on the wrist. */
export function recordingOf(person: Person, day: number): Recording | undefined {
  const signalid = (person.userId % 10_000) * 100_000 + day;
  if (person.owns.includes('ecgCuff')) return byCuff(person, signalid, day);
  if (!person.owns.includes('watch') || noise(person.userId, day, 60) > 0.12) return undefined;
  const at = clockTime(day, 20, person.timezone) + Math.floor(noise(person.userId, day, 61) * 90) * MINUTE;
  const pulse = Math.round(person.bloodPressure.pulse + noise(person.userId, day, 62) * 12);
  return { signalid, at, device: DEVICES.watch, pulse };
}

/** The signal's number says which day it was recorded on. */
export function dayOfSignal(signalid: number): number {
  return signalid % 100_000;
}

function byCuff(person: Person, signalid: number, day: number): Recording | undefined {
  const group = groupsOfDay(person, day).find(({ model }) => model === DEVICES.ecgCuff.model);
  if (!group) return undefined;
  const value = (wanted: number) => group.measures.find(({ type }) => type === wanted)?.value ?? 0;
  return {
    signalid,
    at: group.date * SECOND,
    device: DEVICES.ecgCuff,
    pulse: value(11),
    bloodPressure: { diastole: value(9), systole: value(10) },
  };
}
