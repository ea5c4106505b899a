import { PROBLEMS } from '../../problems/catalogue.ts';
import { ACTIONS } from '../../problems/text.ts';
import type { Result } from '../../withings/errors.ts';
import { groupBy } from './groups.ts';

/** Why data are missing, said once for all that are missing for the same reason. */
export interface Trouble {
  title: string;
  advice: string;
  action: { href: string; label: string } | null;
}

export function troublesOf(kinds: { title: string; content: Result<unknown> }[]): Trouble[] {
  const refused = kinds.flatMap(({ title, content }) =>
    content.ok ? [] : [{ title, code: content.refusal.code }],
  );
  return [...groupBy(refused, ({ code }) => code)].map(([code, missing]) => {
    const names = missing.map(({ title }) => title.toLowerCase()).join(', ');
    if (code === 'scope-missing') {
      return {
        title: `Not shared: ${names}`,
        advice: '',
        action: { href: ACTIONS.connect.href, label: 'Share more' },
      };
    }
    const { title, advice, action } = PROBLEMS[code];
    // The page itself is where a reload would lead.
    const way = action === 'dashboard' || action === 'home' ? null : ACTIONS[action];
    return {
      title,
      advice: missing.length === kinds.length ? advice : `${advice} Missing: ${names}.`,
      action: way,
    };
  });
}
