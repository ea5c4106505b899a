import { programVersion } from '../operations/version.ts';
import { type Asking, askApp } from './app.ts';
import { type Finding, ok, warn } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** When Node's lines are no longer mended. Source: https://github.com/nodejs/Release */
const ENDS: Record<number, string> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
};

/** More than a few instances are seldom behind one address; each request may reach another one. */
const ASKED = 8;

export function checkNode(node: string, now: number): Finding {
  const end = ENDS[Number(/^v(\d+)/.exec(node)?.[1])];
  if (end === undefined) return ok(`Node ${node}: newer than what is known here.`);
  return now > Date.parse(end)
    ? warn(`Node ${node} has had no security fixes since ${end}.`, 'Take the newest of Node 24 or 26.')
    : ok(`Node ${node} is mended until ${end}.`);
}

/** Which versions answer at PUBLIC_URL: an instance that nobody reached is not among them. */
export async function checkInstances(asking: Asking, { config }: Surroundings): Promise<Finding[]> {
  const found = new Map<string, { version: string; node: string }>();
  for (let times = 0; times < ASKED; times += 1) {
    const heard = await askApp(config.publicUrl, asking);
    if (heard.who === 'us') found.set(heard.answer.instance, heard.answer);
  }
  const versions = [
    ...new Set([...found.values()].map(({ version, node }) => `${version} on Node ${node}`)),
  ].sort();
  if (versions.length === 0) return [];
  const all = [...found.values()].map(({ version }) => version);
  const words = `${found.size} ${found.size === 1 ? 'instance has' : 'instances have'} answered: ${versions.join(', ')}; this is ${programVersion()}.`;
  return [
    new Set([...all, programVersion()]).size > 1
      ? warn(words, 'Finish the upgrade: all instances of one version.')
      : ok(words),
  ];
}
