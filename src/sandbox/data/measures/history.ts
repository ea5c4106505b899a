import { DAY, HOUR, SECOND } from '../../clock.ts';
import type { Person } from '../../people.ts';
import { dayOf, midnight } from '../calendar.ts';
import { daysWithData, firstDay, type History, importedAt } from '../days-with-data.ts';
import { extraGroup, groupId, groupsOfDay, importedGroups } from './day.ts';
import { AMBIGUOUS, type Group, goalGroup, measure, SET_UP, writtenGroup } from './groups.ts';
import type { WeighIn } from './weigh-ins.ts';

/** Times in milliseconds, both ends included; `since`: what has changed, `now`: what is known by then. */
export interface Span {
  from: number;
  to: number;
  since: number;
  now: number;
}

/** Said once, when the account was made: no day brings another. */
const HEIGHT = '4';

/** What was measured, the newest first. @param types the meastypes that are wanted; none: all */
export function measuredIn(
  history: History,
  person: Person,
  span: Span,
  extra: readonly WeighIn[],
  types: ReadonlySet<string>,
): Group[] {
  const isSaidOnce = types.size > 0 && [...types].every((type) => type === HEIGHT);
  const groups = isSaidOnce
    ? []
    : [...extra.map((weighIn) => extraGroup(person, weighIn)), ...daily(history, person, span)];
  return [...setUp(history, person), ...groups]
    .filter(
      ({ date, created, modified }) =>
        date * SECOND >= span.from &&
        date * SECOND <= span.to &&
        modified * SECOND >= span.since &&
        created * SECOND <= span.now,
    )
    .sort((a, b) => b.date - a.date || b.grpid - a.grpid);
}

/** In kg, of the last thirty days. */
export function latestWeight(
  history: History,
  person: Person,
  now: number,
  extra: readonly WeighIn[],
): number | undefined {
  const span = { from: now - 30 * DAY, to: now, since: 0, now };
  const groups = measuredIn(history, person, span, extra, new Set(['1']));
  const own = groups.filter(({ attrib, category }) => attrib !== AMBIGUOUS && category === 1);
  const weight = own.flatMap(({ measures }) => measures).find(({ type }) => type === 1);
  return weight && weight.value * 10 ** weight.unit;
}

function daily(history: History, person: Person, { from, to, since, now }: Span): Group[] {
  const asked = { first: dayOf(from, person.timezone), last: Number.POSITIVE_INFINITY, since };
  const imported = importedAt(history, person) ?? 0;
  const evening = dayOf(imported, person.timezone);
  return daysWithData(history, person, Math.min(to, now), asked).flatMap((day) =>
    day <= evening ? importedGroups(person, day, imported) : groupsOfDay(person, day),
  );
}

/** What the person said when the account was made: how tall and, roughly, how heavy; and the goal, set an hour later. */
function setUp(history: History, person: Person): Group[] {
  const first = firstDay(history, person);
  const at = importedAt(history, person) ?? midnight(first, person.timezone);
  const said = [measure(4, person.heightCm / 100, -2), measure(1, Math.round(person.weightKg * 1.03), -3)];
  const { weightKg } = person.goals;
  return [
    writtenGroup(person, SET_UP, groupId(person, first, 0), { at, writtenAt: at }, said),
    ...(weightKg
      ? [goalGroup(person, groupId(person, first, 9), at + HOUR, [measure(1, weightKg, -3)])]
      : []),
  ];
}
