import { PROBLEMS } from '../../problems/catalogue.ts';
import { ACTIONS } from '../../problems/text.ts';
import type { Refusal, Result } from '../../withings/errors.ts';
import { groupBy } from './groups.ts';

/** Why data are missing, said once for all that are missing for the same reason. */
export interface Trouble {
  title: string;
  advice: string;
  action: { href: string; label: string } | null;
}

/** @param told the page says this one already: only what is missing for it has to be said, if not all is */
export function troublesOf(
  kinds: { title: string; content: Result<unknown> }[],
  isNothingShown: boolean,
  told: Refusal['code'] | null,
): Trouble[] {
  const refused = kinds.flatMap(({ title, content }) =>
    content.ok ? [] : [{ title, code: content.refusal.code }],
  );
  const reasons = groupBy(refused, ({ code }) => code);
  const isAll = isNothingShown && reasons.size === 1;
  return [...reasons].flatMap(([code, missing]) => {
    const names = missing.map(({ title }) => title.toLowerCase()).join(', ');
    if (code === 'scope-missing') {
      return {
        title: `Not shared: ${names}`,
        advice: '',
        action: { href: ACTIONS.connect.href, label: 'Share more' },
      };
    }
    if (code === told) return isAll ? [] : { title: `Missing: ${names}`, advice: '', action: null };
    const { title, advice, action } = PROBLEMS[code];
    const isAskedAgain = action === 'dashboard'; // by the page itself
    return {
      title,
      advice: [isAskedAgain ? '' : advice, isAll ? '' : `Missing: ${names}.`].join(' ').trim(),
      action: isAskedAgain || action === 'home' ? null : ACTIONS[action],
    };
  });
}
