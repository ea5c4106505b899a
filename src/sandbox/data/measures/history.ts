import { DAY, HOUR, MINUTE, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { dayOf, midnight } from '../calendar.ts';
import { daysWithData, firstDay, type History } from '../days-with-data.ts';
import { DEVICES, owned } from '../devices.ts';
import { memoizeDay } from '../memoize-day.ts';
import { noise } from '../noise.ts';
import { readBody, readHeart } from './body.ts';
import { bloodPressureGroup, type Group, heightGroup, weighInGroup } from './groups.ts';
import type { WeighIn } from './weigh-ins.ts';

/** What was measured from one moment to another, both included, newest first. Times in milliseconds. */
export function measuredBetween(
  history: History,
  person: Person,
  from: number,
  to: number,
  extra: readonly WeighIn[],
): Group[] {
  const begin = firstDay(history, person);
  const height = heightGroup(person, groupId(person, begin, 0), midnight(begin, person.timezone));
  const asked = { first: dayOf(from, person.timezone), last: Number.POSITIVE_INFINITY, since: 0 };
  const daily = daysWithData(history, person, to, asked).flatMap((day) => groupsOfDay(person, day));
  return [height, ...extra.map((weighIn) => extraGroup(person, weighIn)), ...daily]
    .filter(({ date }) => date * SECOND >= from && date * SECOND <= to)
    .sort(newestFirst);
}

/** In kg. The scale is not left alone for a month. */
export function latestWeight(
  history: History,
  person: Person,
  now: number,
  extra: readonly WeighIn[],
): number | undefined {
  const groups = measuredBetween(history, person, now - 30 * DAY, now, extra);
  const weight = groups.flatMap(({ measures }) => measures).find(({ type }) => type === 1);
  return weight && weight.value * 10 ** weight.unit;
}

function newestFirst(a: Group, b: Group): number {
  return b.date - a.date || b.grpid - a.grpid;
}

/** A day stays as it was for good. */
export const groupsOfDay = memoizeDay(measureDay);

function measureDay(person: Person, day: number): readonly Group[] {
  const groups: Group[] = [];
  const morning =
    midnight(day, person.timezone) + 6 * HOUR + Math.floor(noise(person.userId, day, 10) * 75) * MINUTE;
  if (noise(person.userId, day, 11) < 0.88) {
    groups.push(
      weighInGroup(person, scaleOf(person), groupId(person, day, 1), morning, readBody(person, morning, day)),
    );
  }
  const cuff = owned(person.owns, 'cuff', 'ecgCuff');
  if (cuff && noise(person.userId, day, 12) < 0.3) {
    const later = morning + 12 * MINUTE;
    groups.push(
      bloodPressureGroup(person, cuff, groupId(person, day, 2), later, readHeart(person, later, day)),
    );
  }
  return groups;
}

/** A step on the scale outside the routine. */
export function extraGroup(person: Person, { id, at }: WeighIn): Group {
  return weighInGroup(person, scaleOf(person), 900_000_000_000 + id, at, readBody(person, at, -id));
}

/** Everybody has one. */
function scaleOf({ owns }: Person) {
  return owned(owns, 'scale', 'cellularScale') ?? DEVICES.scale;
}

function groupId(person: Person, day: number, kind: number): number {
  return 4_000_000_000 + (person.userId % 10_000) * 10_000_000 + day * 10 + kind;
}
