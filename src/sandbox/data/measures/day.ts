import { MINUTE } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { clockTime, weekday } from '../calendar.ts';
import { DEVICES, owned } from '../devices.ts';
import { memoizeDay } from '../memoize-day.ts';
import { noise, swing } from '../noise.ts';
import { type HeartReading, readBody, readHeart } from './body.ts';
import {
  AMBIGUOUS,
  BY_HAND,
  CONFIRMED,
  deviceGroup,
  type Group,
  type Measure,
  measure,
  writtenGroup,
} from './groups.ts';
import { scaleOf, weighed } from './scales.ts';
import type { WeighIn } from './weigh-ins.ts';

/** What was measured on a day; it stays as it was for good. */
export const groupsOfDay = memoizeDay((person, day): readonly Group[] => [
  ...onTheScale(person, day),
  ...onTheArm(person, day),
  ...inPassing(person, day),
]);

function onTheScale(person: Person, day: number): Group[] {
  const { habits, timezone, weighsIn } = person;
  const happens = luckOf(person, day);
  const morning = morningOf(person, day);
  const groups: Group[] = [];
  if (happens(11, weighsIn.mornings / 7)) {
    const group = weighIn(person, groupId(person, day, 1), morning, day);
    const isConfirmed = habits.includes('child') && happens(13, 0.1);
    groups.push(isConfirmed ? { ...group, attrib: CONFIRMED } : group);
  } else if (habits.includes('types in')) {
    const weight = Math.round(readBody(person, morning, day).weight * 2) / 2;
    const evening = clockTime(day, 19, timezone);
    const moments = { at: morning, writtenAt: evening };
    groups.push(writtenGroup(person, BY_HAND, groupId(person, day, 4), moments, [measure(1, weight, -3)]));
  }
  if (happens(14, weighsIn.evenings / 7)) {
    const evening = clockTime(day, 21, timezone) + Math.floor(noise(person.userId, day, 15) * 90) * MINUTE;
    groups.push(weighIn(person, groupId(person, day, 3), evening, -day));
  }
  if (habits.includes('child') && happens(16, 0.08)) {
    const weight = [measure(1, 23.1 + swing(person.userId, day, 17) * 0.3, -3)];
    const at = morning + 25 * MINUTE;
    const group = deviceGroup(person, scaleOf(person.owns), groupId(person, day, 5), at, weight);
    groups.push({ ...group, attrib: AMBIGUOUS });
  }
  return groups;
}

function onTheArm(person: Person, day: number): Group[] {
  const cuff = owned(person.owns, 'cuff', 'ecgCuff');
  if (!cuff || !luckOf(person, day)(12, 0.3)) return [];
  const at = morningOf(person, day) + 12 * MINUTE;
  return [deviceGroup(person, cuff, groupId(person, day, 2), at, bloodPressure(readHeart(person, at, day)))];
}

/** Types 71, 54 and 123: a temperature, the oxygen in the blood in the morning, how fit the week's sport made one. */
function inPassing(person: Person, day: number): Group[] {
  const { owns, timezone, userId } = person;
  const happens = luckOf(person, day);
  const reading = (device: 'thermometer' | 'watch', kind: number, at: number, what: Measure) =>
    owns.includes(device)
      ? [deviceGroup(person, DEVICES[device], groupId(person, day, kind), at, [what])]
      : [];
  const evening = clockTime(day, 19, timezone) + 25 * MINUTE;
  const woken = morningOf(person, day) + 40 * MINUTE;
  return [
    ...(happens(18, 0.3)
      ? reading('thermometer', 6, evening, measure(71, 36.6 + swing(userId, day, 19) * 0.5, -3))
      : []),
    ...(happens(25, 0.25)
      ? reading('watch', 7, woken, measure(54, 95 + Math.floor(noise(userId, day, 26) * 4), 0))
      : []),
    ...(weekday(day) === 0
      ? reading('watch', 8, evening, measure(123, 41 + swing(userId, day, 27) * 2, 0))
      : []),
  ];
}

/** A weight on most days and a blood pressure on some, as another service had them. Times in milliseconds. */
export function importedGroups(person: Person, day: number, importedAt: number): Group[] {
  const happens = luckOf(person, day);
  const at = morningOf(person, day);
  const written = (kind: number, measures: Measure[]) =>
    writtenGroup(person, BY_HAND, groupId(person, day, kind), { at, writtenAt: importedAt }, measures);
  return [
    ...(happens(11, 0.7) ? [written(1, [measure(1, readBody(person, at, day).weight, -3)])] : []),
    ...(happens(12, 0.2) ? [written(2, bloodPressure(readHeart(person, at, day)))] : []),
  ];
}

/** A step on the scale outside the routine. */
export function extraGroup(person: Person, { id, at }: WeighIn): Group {
  return weighIn(person, 900_000_000_000 + id, at, -id);
}

/** Numbers of one person's groups of a day: by kind, from 0 to 9. */
export function groupId({ userId }: Person, day: number, kind: number): number {
  return 4_000_000_000 + (userId % 10_000) * 10_000_000 + day * 10 + kind;
}

function weighIn(person: Person, grpid: number, at: number, seed: number): Group {
  const scale = scaleOf(person.owns);
  const measures = weighed(scale, readBody(person, at, seed), readHeart(person, at, seed));
  return deviceGroup(person, scale, grpid, at, measures);
}

/** Types 9, 10 and 11: one reading of the cuff. */
function bloodPressure({ diastolic, systolic, pulse }: HeartReading): Measure[] {
  return [measure(9, diastolic, 0), measure(10, systolic, 0), measure(11, pulse, 0)];
}

function morningOf({ userId, timezone }: Person, day: number): number {
  return clockTime(day, 6, timezone) + Math.floor(noise(userId, day, 10) * 75) * MINUTE;
}

/** Whether what happens on such a share of the days happens on this one. */
function luckOf({ userId }: Person, day: number): (name: number, share: number) => boolean {
  return (name, share) => noise(userId, day, name) < share;
}
