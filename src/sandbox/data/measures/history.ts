import { HOUR, MINUTE, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { dayOf, midnight } from '../calendar.ts';
import { DEVICES, owned } from '../devices.ts';
import { noise } from '../noise.ts';
import { readBody, readHeart } from './body.ts';
import { bloodPressureGroup, type Group, heightGroup, weighInGroup } from './groups.ts';
import type { WeighIn } from './weigh-ins.ts';

/** How much everybody has measured before the sandbox was first opened. */
export const DAYS_BEFORE_OPENING = 730;

/** Everything measured by `now`, newest first. Times in milliseconds. */
export function historyOf(person: Person, openedAt: number, now: number, extra: readonly WeighIn[]): Group[] {
  const first = dayOf(openedAt, person.timezone) - DAYS_BEFORE_OPENING;
  const height = heightGroup(person, groupId(person, first, 0), midnight(first, person.timezone));
  return [height, ...measured(person, first, now, extra)].sort(newestFirst);
}

/** In kg. The scale is not left alone for a month. */
export function latestWeight(person: Person, now: number, extra: readonly WeighIn[]): number | undefined {
  const groups = measured(person, dayOf(now, person.timezone) - 30, now, extra).sort(newestFirst);
  const weight = groups.flatMap(({ measures }) => measures).find(({ type }) => type === 1);
  return weight && weight.value * 10 ** weight.unit;
}

function measured(person: Person, firstDay: number, now: number, extra: readonly WeighIn[]): Group[] {
  const groups = extra.map((weighIn) => extraGroup(person, weighIn));
  const last = dayOf(now, person.timezone);
  for (let day = firstDay; day <= last; day += 1) groups.push(...groupsOfDay(person, day));
  return groups.filter((group) => group.date * SECOND <= now);
}

function newestFirst(a: Group, b: Group): number {
  return b.date - a.date || b.grpid - a.grpid;
}

/** Nothing but the person and the day decides it, so a day stays as it was for good. */
export function groupsOfDay(person: Person, day: number): Group[] {
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
