/**
 * `npm run bench`: what a person costs in memory, what each thing they do costs in operations, and how many requests
 * one and two instances answer. The last are ratios of one run; machines differ.
 */
import { parseArgs } from 'node:util';
import { measureMemory } from './memory.js';
import { measureOperations } from './operations.js';
import { endAll } from './servers.js';
import { measureThroughput } from './throughput.js';

const { values } = parseArgs({
  options: { people: { type: 'string', default: '100000' }, seconds: { type: 'string', default: '5' } },
});

try {
  const memory = await measureMemory(Number(values.people));
  table(
    ['connected people', 'Redis, bytes each', 'SQLite, bytes each'],
    [[String(memory.people), memory.redisBytes.toFixed(0), memory.sqliteBytes.toFixed(0)]],
  );
  await endAll();

  const operations = await measureOperations();
  table(
    ['', 'commands to Redis', 'calls to Withings'],
    operations.map(({ name, redis, withings }) => [name, redis.toFixed(1), withings.toFixed(1)]),
  );
  await endAll();

  const { paths, rows } = await measureThroughput(Number(values.seconds));
  const base = rows[0]?.rates ?? [];
  table(
    ['', ...paths.map((path) => `\`${path}\`, 1/s`), ...paths.map((path) => `\`${path}\`, ratio`)],
    rows.map(({ name, rates }) => [
      name,
      ...rates.map((rate) => rate.toFixed(0)),
      ...rates.map((rate, i) => (rate / (base[i] ?? 1)).toFixed(2)),
    ]),
  );
} finally {
  await endAll();
}
process.exit(0); // keep-alive connections would hold the terminal

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |\n`;
  process.stdout.write(`${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}\n`);
}
