import { MOST_RATIO, quantile } from './waits.js';

/**
 * @typedef {object} Parts
 * @property {import('./processes.js').AppProcess[]} processes
 * @property {import('./main.js').Server | null} server of the store
 * @property {import('./provider.js').Provider} provider
 * @property {import('./ledger.js').Ledger} ledger
 * @property {ReturnType<typeof import('./judge.js').createJudge>} judge
 * @property {ReturnType<typeof import('./traffic.js').createTraffic>} traffic
 * @property {import('./visitor.js').Visitor[]} visitors
 * @property {import('./hostile/hostile.js').Hostiles | null} hostiles
 */

/** Longer than this without data is worth a line. */
const LONG_MS = 30_000;

/** How it stands. @param {Parts} parts @param {number} elapsedMs */
export function progress(parts, elapsedMs) {
  const { server, provider, ledger, judge, traffic, visitors, hostiles } = parts;
  const seconds = elapsedMs / 1000;
  const waits = visitors.map(({ wellAt }) => performance.now() - wellAt);
  const longest = Math.max(...visitors.map(({ longestMs }) => longestMs), ...waits);
  const { kills, pauses } = sums(parts);
  const rate = (ledger.refreshes() / seconds).toFixed(0);
  write(
    `${seconds.toFixed(0)} s: ${kills} kills, ${pauses} pauses, ${ledger.refreshes()} refreshes (${rate}/s), ${judge.lost.size} lost`,
  );
  const without = waits.filter((ms) => ms > LONG_MS).length;
  if (server) write(`  its store ${JSON.stringify(server.cells())}`);
  write(`  visits ${JSON.stringify(traffic.outcomes)}`);
  if (hostiles) write(`  hostile ${JSON.stringify(hostiles.outcomes)}`);
  write(`  without data for 30 s: ${without}, ever ${(longest / 1000).toFixed(0)} s`);
  write(`  at Withings ${JSON.stringify(provider.counts)}; judged ${JSON.stringify(judge.counts)}`);
  for (const { gapMs, before, asker, userId } of provider.duplicates.slice(-3)) {
    write(`  601: ${userId} sent by ${before}, ${(gapMs / 1000).toFixed(1)} s later by ${asker}`);
  }
  for (const surprise of traffic.surprises.splice(0)) write(`  ${surprise}`);
  for (const { name, lines } of parts.processes)
    for (const line of lines.splice(0, 3)) write(`  ${name}: ${line.slice(0, 400)}`);
}

/** @param {Parts} parts */
export function table(parts) {
  const { server, provider, ledger, judge, visitors } = parts;
  const { kills, pauses } = sums(parts);
  const cells = {
    connections: visitors.length,
    kills,
    pauses,
    ...server?.cells(),
    refreshes: ledger.refreshes(),
    'replies lost': provider.counts.repliesLost,
    late: provider.counts.late,
    'duplicates (601)': provider.duplicates.length,
    lost: judge.lost.size,
  };
  const names = Object.keys(cells);
  const values = Object.entries(cells).map(([name, value]) => String(value).padStart(name.length));
  return `| ${names.join(' | ')} |\n|${names.map((name) => `${'-'.repeat(name.length + 1)}:|`).join('')}\n| ${values.join(' | ')} |\n`;
}

/**
 * How long honest people waited, and what that means.
 *
 * @param {import('./waits.js').Phase[]} phases
 * @param {ReturnType<typeof import('./waits.js').judgeWaits>} judged
 */
export function waitsInWords(phases, { ratio, noise, pairs, verdict }) {
  const alone = phases.filter(({ hostile }) => !hostile);
  const among = phases.filter(({ hostile }) => hostile);
  const lines = [
    'Waits of those who were served, median and 95th percentile:',
    `  alone: ${crowdInWords(alone)}`,
  ];
  if (among.length > 0) lines.push(`  with the hostile: ${crowdInWords(among)}`);
  if (pairs > 0)
    lines.push(
      `  ${ratio.toFixed(2)} times as long, the median of ${pairs} pairs of phases (at most ${MOST_RATIO}); with nothing changed, from one phase to the next: ${noise.toFixed(2)}`,
    );
  if (among.length > 0) lines.push(`  ${verdict}`);
  return `${lines.join('\n')}\n`;
}

/** @param {import('./waits.js').Phase[]} phases */
function crowdInWords(phases) {
  const sum = (/** @type {(phase: import('./waits.js').Phase) => number} */ of) =>
    phases.reduce((total, phase) => total + of(phase), 0);
  const waits = phases.flatMap((phase) => phase.waits);
  const served = `${waits.length} of ${sum(({ visits }) => visits)} visits`;
  const connected = `${sum(({ newcomers }) => newcomers.connected)} of ${sum(({ newcomers }) => newcomers.came)} newcomers`;
  return `${quantile(waits, 0.5).toFixed(1)} ms, ${quantile(waits, 0.95).toFixed(1)} ms (${served}, ${connected})`;
}

/** @param {Parts} parts */
function sums({ processes }) {
  const sum = (/** @type {'kills' | 'pauses'} */ name) =>
    processes.reduce((total, { counts }) => total + counts[name], 0);
  return { kills: sum('kills'), pauses: sum('pauses') };
}

/** @param {string} line */
function write(line) {
  process.stdout.write(`${line}\n`);
}
