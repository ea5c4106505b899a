import { SECOND } from '../../clock.ts';
import type { Fields } from '../../input.ts';
import { type Answer, invalidParams, success } from '../../wire/answers.ts';
import type { Group } from './groups.ts';

const PAGE = 200;
const NUMBERS = ['startdate', 'enddate', 'lastupdate', 'offset', 'category', 'meastype'] as const;

/** Answers `getmeas` from all groups, newest first. `now` in milliseconds. */
export function getMeasures(groups: Group[], fields: Fields, timezone: string, now: number): Answer {
  const unreadable = NUMBERS.find((name) => fields.has(name) && !isWhole(fields.get(name)));
  if (unreadable) return invalidParams(`invalid ${unreadable}`);
  const types = fields.get('meastypes')?.split(',');
  if (types && !types.every(isWhole)) return invalidParams('invalid meastypes');

  const wanted = ofTypes(
    groups.filter((group) => isAsked(group, fields)),
    types ?? [fields.get('meastype') ?? ''],
  );
  const offset = number(fields, 'offset') ?? 0;
  const next = offset + PAGE;
  return success({
    updatetime: Math.floor(now / SECOND),
    timezone,
    measuregrps: wanted.slice(offset, next),
    // Left out, not 0, when nothing follows (seen).
    ...(wanted.length > next ? { more: 1, offset: next } : {}),
  });
}

/** Category 2, goals, is empty here. That `lastupdate` includes its own second is inferred. */
function isAsked(group: Group, fields: Fields): boolean {
  return (
    group.category === (number(fields, 'category') ?? group.category) &&
    group.date >= (number(fields, 'startdate') ?? 0) &&
    group.date <= (number(fields, 'enddate') ?? Number.POSITIVE_INFINITY) &&
    group.modified >= (number(fields, 'lastupdate') ?? 0)
  );
}

/** Only the measures asked for, and no group that has none of them. No type: all of them. */
function ofTypes(groups: Group[], types: string[]): Group[] {
  const wanted = new Set(types.filter((type) => type !== ''));
  if (wanted.size === 0) return groups;
  return groups
    .map((group) => ({
      ...group,
      measures: group.measures.filter((measure) => wanted.has(String(measure.type))),
    }))
    .filter((group) => group.measures.length > 0);
}

function number(fields: Fields, name: (typeof NUMBERS)[number]): number | undefined {
  const text = fields.get(name);
  return text ? Number(text) : undefined;
}

/** An empty value counts as not sent. */
function isWhole(text: string | undefined): boolean {
  return /^\d{0,12}$/.test(text ?? '');
}
