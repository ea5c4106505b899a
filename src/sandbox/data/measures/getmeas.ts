import { SECOND } from '../../clock.ts';
import type { Fields } from '../../input.ts';
import { type Answer, invalidParams, success } from '../../wire/answers.ts';
import type { History } from '../days-with-data.ts';
import type { Asked } from '../serve.ts';
import type { Group } from './groups.ts';
import { measuredIn } from './history.ts';
import type { WeighIn } from './weigh-ins.ts';

/** @differs getmeas (I): up to 1,500 groups in one answer (1,436 were seen) */
const PAGE = 1500;
const NUMBERS = ['startdate', 'enddate', 'lastupdate', 'offset', 'category', 'meastype'] as const;

/**
 * Groups of measures.
 *
 * @differs getmeas (S): newest first; with `lastupdate` in the order of the changes, the oldest first
 * @differs getmeas (S): `updatetime` is a number; `more` and `offset` are left out at the end
 * @differs getmeas (I): without `category` the goal is among the groups, with category 2
 */
export function getMeasures(
  { person, fields, now, rows = PAGE }: Asked,
  history: History,
  extra: readonly WeighIn[],
): Answer {
  const unreadable = NUMBERS.find((name) => fields.has(name) && !isWhole(fields.get(name)));
  if (unreadable) return invalidParams(`invalid ${unreadable}`);
  const types = fields.get('meastypes')?.split(',') ?? [fields.get('meastype') ?? ''];
  if (!types.every(isWhole)) return invalidParams('invalid meastypes');

  const since = number(fields, 'lastupdate');
  const to = number(fields, 'enddate') ?? Number.POSITIVE_INFINITY;
  const span = {
    from: (number(fields, 'startdate') ?? 0) * SECOND,
    to: Math.min(now, to * SECOND),
    since: (since ?? 0) * SECOND, // that it includes its own second is inferred
    now,
  };
  const wanted = new Set(types.filter((type) => type !== ''));
  const category = number(fields, 'category');
  const groups = measuredIn(history, person, span, extra, wanted).filter(
    (group) => category === undefined || group.category === category,
  );
  if (since !== undefined) groups.reverse().sort((a, b) => a.modified - b.modified);
  const found = ofTypes(groups, wanted);
  const offset = number(fields, 'offset') ?? 0;
  const next = offset + rows;
  return success({
    updatetime: Math.floor(now / SECOND),
    timezone: person.timezone,
    measuregrps: found.slice(offset, next),
    ...(found.length > next ? { more: 1, offset: next } : {}),
  });
}

/** Only the measures asked for, and no group that has none of them. No type: all of them. */
function ofTypes(groups: Group[], wanted: ReadonlySet<string>): Group[] {
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
