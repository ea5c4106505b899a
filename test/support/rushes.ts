import { fingerprint } from '../../src/tokens/changes.ts';
import { createTown, HOUR, MINUTE, START, type Town } from './town.ts';

/** A rush of 100 seconds: people whose tokens have run out, so many a second; new ones every two seconds where wanted. */
export async function rush(dir: string, aSecond: number, { withNew = false } = {}) {
  const town = await createTown({ dir, people: 100 * aSecond });
  const { clock, calls, process, view } = town;
  const shown = new Set<string>();
  let connected = 0;
  for (let tenth = 0; tenth < 1000; tenth += 1) {
    clock.now = Math.max(clock.now, START + tenth * 100);
    const person = (tenth * aSecond) / 10 + 1;
    if (Number.isInteger(person) && (await view(person))) shown.add(String(person));
    if (withNew && tenth % 20 === 7) connected += Number((await process.withings.redeem('code')).ok);
  }
  town.close();
  const served = calls.filter(({ person }) => person !== '');
  return { shown, connected, calls: calls.length, served, most: mostInAMinute(calls) };
}

/** How many pages each of two processes shows, with 30 calls a minute for both. */
export async function rushOnTwo(dir: string): Promise<number[]> {
  const town = await createTown({ dir, people: 240, quota: 30 });
  const processes = [town.process, town.startProcess()];
  const shown = [0, 0];
  for (let half = 0; half < 240; half += 1) {
    town.clock.now = Math.max(town.clock.now, START + half * 500);
    const here = ((half * 7) % 13) % 2;
    shown[here] = (shown[here] ?? 0) + Number(await town.view(half + 1, processes[here]));
  }
  town.close();
  return shown;
}

/** Three hundred refreshes that were begun and not finished, and nobody else. */
export async function drain(dir: string) {
  const intent = { token: fingerprint('refresh-0'), since: START - HOUR };
  const town = await createTown({ dir, people: 300, change: { intent } });
  const begun = town.clock.now;
  await town.process.sweeper.wake();
  const minutes = (town.clock.now - begun) / MINUTE;
  town.close();
  return { calls: town.calls, aMinute: town.calls.length / minutes, most: mostInAMinute(town.calls) };
}

function mostInAMinute(calls: Town['calls']): number {
  return Math.max(
    ...calls.map(({ at }) => calls.filter((each) => each.at >= at && each.at < at + MINUTE).length),
  );
}
