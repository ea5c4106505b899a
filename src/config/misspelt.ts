/** What `npm run sandbox` reads besides. */
const OF_THE_SANDBOX = ['SANDBOX_PORT', 'SANDBOX_CALLBACK_HOSTS'];

/** Kubernetes sets these for every service, and one may be called `withings`. */
const OF_A_SERVICE = /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?$/;

/** Nobody else has names with this word in them. */
const OURS = /(^|_)WITHINGS_/i;
/** A name with this word that is further from ours was meant otherwise. */
const NEAR = 3;

/**
 * Names that somebody seems to have meant for us, each with the nearest that exists; null: none is near, or that one is
 * set as well.
 *
 * @param env all variables, those of others among them
 * @param known names of ours
 */
export function misspelt(
  env: Record<string, string>,
  known: string[],
): { name: string; nearest: string | null }[] {
  const ours = [...known, ...OF_THE_SANDBOX];
  const strangers = Object.keys(env).filter((name) => !ours.includes(name) && !isOfService(name, env[name]));
  return strangers.flatMap((name) => {
    const isOurs = OURS.test(name);
    const upper = name.toUpperCase();
    const [near] = ours
      .filter((each) => isOurs || Math.abs(each.length - name.length) <= tolerance(each)) // no nearer than that
      .map((each) => ({ each, distance: distance(upper, each) }))
      .filter(({ each, distance }) => distance <= (isOurs ? NEAR : tolerance(each)))
      .sort((a, b) => a.distance - b.distance);
    const nearest = near?.each ?? ours.find((each) => upper === `${each}_FILE`); // only secrets come from files
    if (nearest && !(nearest in env)) return { name, nearest };
    return isOurs ? { name, nearest: null } : [];
  });
}

/** A number is no address of a service: METRIC_PORT=9100 was meant. */
function isOfService(name: string, value = ''): boolean {
  return OF_A_SERVICE.test(name) && !(name.endsWith('_PORT') && /^\d+$/.test(value));
}

/** Short names are near to too many: PORT is one letter from POST. */
function tolerance({ length }: string): number {
  return length < 5 ? 0 : length < 8 ? 1 : 2;
}

/** Levenshtein's: how many letters are to be added, dropped or replaced. */
export function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [above, letter] of [...from].entries()) {
    const next = [above + 1];
    for (const [column, wanted] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
