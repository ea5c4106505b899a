import { SECOND } from '../../clock.ts';
import type { Fields } from '../../input.ts';
import { type Answer, invalidParams, success } from '../../wire/answers.ts';
import type { History } from '../days-with-data.ts';
import type { Asked } from '../serve.ts';
import type { Group } from './groups.ts';
import { measuredBetween } from './history.ts';
import type { WeighIn } from './weigh-ins.ts';

const PAGE = 200;
const NUMBERS = ['startdate', 'enddate', 'lastupdate', 'offset', 'category', 'meastype'] as const;

/** Groups of measures, newest first. */
export function getMeasures(
  { person, fields, now }: Asked,
  history: History,
  extra: readonly WeighIn[],
): Answer {
  const unreadable = NUMBERS.find((name) => fields.has(name) && !isWhole(fields.get(name)));
  if (unreadable) return invalidParams(`invalid ${unreadable}`);
  const types = fields.get('meastypes')?.split(',');
  if (types && !types.every(isWhole)) return invalidParams('invalid meastypes');

  // Nothing is ever modified after its date. That `lastupdate` includes its own second is inferred.
  const from = Math.max(number(fields, 'startdate') ?? 0, number(fields, 'lastupdate') ?? 0) * SECOND;
  const to = Math.min(now, (number(fields, 'enddate') ?? Number.POSITIVE_INFINITY) * SECOND);
  // 1: measures. 2: goals, of which there are none here.
  const isMeasures = (number(fields, 'category') ?? 1) === 1;
  const groups = isMeasures ? measuredBetween(history, person, from, to, extra) : [];
  const wanted = ofTypes(groups, types ?? [fields.get('meastype') ?? '']);
  const offset = number(fields, 'offset') ?? 0;
  const next = offset + PAGE;
  return success({
    updatetime: Math.floor(now / SECOND),
    timezone: person.timezone,
    measuregrps: wanted.slice(offset, next),
    // Left out, not 0, when nothing follows (seen).
    ...(wanted.length > next ? { more: 1, offset: next } : {}),
  });
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
