/** What `npm run sandbox` reads besides. */
const OF_THE_SANDBOX = ['SANDBOX_PORT', 'SANDBOX_CALLBACK_HOSTS'];

/** Kubernetes sets these for every service, and one may be called `withings`. */
const OF_A_SERVICE = /_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?$/;

/**
 * Names that somebody seems to have meant for us, each with the nearest that exists.
 *
 * @param set names of all variables, those of others among them
 * @param known names of ours
 */
export function misspelt(set: string[], known: string[]): { name: string; nearest: string }[] {
  const ours = [...known, ...OF_THE_SANDBOX];
  const strangers = set.filter((name) => !ours.includes(name) && !OF_A_SERVICE.test(name));
  return strangers.flatMap((name) => {
    const isOurs = name.startsWith('WITHINGS_');
    const [nearest] = ours
      .filter((each) => isOurs || Math.abs(each.length - name.length) <= tolerance(each)) // no nearer than that
      .map((each) => ({ each, distance: distance(name.toUpperCase(), each) }))
      .filter(({ each, distance }) => isOurs || distance <= tolerance(each))
      .sort((a, b) => a.distance - b.distance);
    return nearest && !set.includes(nearest.each) ? [{ name, nearest: nearest.each }] : [];
  });
}

/** Short names are near to too many: PORT is one letter from POST. */
function tolerance({ length }: string): number {
  return length < 5 ? -1 : length < 8 ? 1 : 2;
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
