/** @param {string[]} head @param {string[][]} rows */
export function table(head, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |\n`;
  process.stdout.write(`${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}\n`);
}

/** @typedef {[what: string, figure: number | null, is: '≤' | '<' | '≥', wanted: number]} Wanted null: it could not be measured */

/** What was measured beside what is wanted. @param {string} about @param {Wanted[]} rows */
export function wanted(about, rows) {
  table(
    [about, 'is', 'wanted', ''],
    rows.map(([what, figure, is, limit]) => {
      const shown = figure === null ? 'not measured' : rounded(figure);
      return [what, shown, `${is} ${rounded(limit)}`, figure === null ? '' : verdict(figure, is, limit)];
    }),
  );
}

/** @param {number} figure @param {Wanted[2]} is @param {number} limit */
function verdict(figure, is, limit) {
  const isSo = is === '≤' ? figure <= limit : is === '<' ? figure < limit : figure >= limit;
  return isSo ? 'yes' : 'NO';
}

/** @param {number} figure */
function rounded(figure) {
  return Number.isInteger(figure) ? String(figure) : figure.toPrecision(figure < 1 ? 2 : 3);
}
