/**
 * @typedef {object} Parts
 * @property {import('./processes.js').AppProcess[]} processes
 * @property {import('./redis/redis.js').Redis | null} redis
 * @property {import('./provider.js').Provider} provider
 * @property {import('./ledger.js').Ledger} ledger
 * @property {ReturnType<typeof import('./judge.js').createJudge>} judge
 * @property {ReturnType<typeof import('./traffic.js').createTraffic>} traffic
 * @property {import('./visitor.js').Visitor[]} visitors
 */

/** Longer than this without data is worth a line. */
const LONG_MS = 30_000;

/** How it stands. @param {Parts} parts @param {number} elapsedMs */
export function progress(parts, elapsedMs) {
  const { redis, provider, ledger, judge, traffic, visitors } = parts;
  const seconds = elapsedMs / 1000;
  const waits = visitors.map(({ wellAt }) => performance.now() - wellAt);
  const longest = Math.max(...visitors.map(({ longestMs }) => longestMs), ...waits);
  const { kills, pauses } = sums(parts);
  const rate = (ledger.refreshes() / seconds).toFixed(0);
  write(
    `${seconds.toFixed(0)} s: ${kills} kills, ${pauses} pauses, ${ledger.refreshes()} refreshes (${rate}/s), ${judge.lost.size} lost`,
  );
  const without = waits.filter((ms) => ms > LONG_MS).length;
  if (redis) write(`  redis ${JSON.stringify(redis.counts)}`);
  write(`  visits ${JSON.stringify(traffic.outcomes)}`);
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
  const { redis, provider, ledger, judge, visitors } = parts;
  const { kills, pauses } = sums(parts);
  const cells = {
    connections: visitors.length,
    kills,
    pauses,
    ...(redis ? redisCells(redis.counts) : {}),
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

/** @param {import('./redis/redis.js').Redis['counts']} counts */
function redisCells({ kills, pauses, crashes, refreshesCut, bytesCut }) {
  return {
    'redis kills': kills,
    'redis pauses': pauses,
    'host crashes': crashes,
    'refreshes cut off': refreshesCut,
    'bytes cut off': bytesCut,
  };
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
