import { type Limits, World } from './world.ts';

export interface Finding {
  /** What was lost and the shortest way there; null: nothing, in any order of events within the limits. */
  lost: { why: string; trace: string[] } | null;
  states: number;
  /** False: the search was cut short. */
  complete: boolean;
}

/**
 * Tries every order of events, breadth first. Promises cannot be copied, so a state is reached by doing again what
 * led there; a state that was seen before is not gone into a second time.
 */
export async function explore(limits: Limits, maxStates = 200_000): Promise<Finding> {
  const seen = new Set<string>();
  let frontier: number[][] = [[]];
  while (frontier.length > 0) {
    const next: number[][] = [];
    for (const schedule of frontier) {
      const { world, trace } = await replay(limits, schedule);
      const why = world.lost();
      if (why) return { lost: { why, trace }, states: seen.size, complete: true };
      const key = world.key();
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size >= maxStates) return { lost: null, states: seen.size, complete: false };
      for (const choice of world.options().keys()) next.push([...schedule, choice]);
    }
    frontier = next;
  }
  return { lost: null, states: seen.size, complete: true };
}

async function replay(limits: Limits, schedule: number[]): Promise<{ world: World; trace: string[] }> {
  const world = new World(limits);
  const trace: string[] = [];
  for (const choice of schedule) {
    const option = world.options()[choice];
    if (!option) throw new Error('A schedule led elsewhere than before');
    trace.push(option.label);
    option.happen();
    await everybodyWaits();
  }
  return { world, trace };
}

/** The code under test awaits promises between two steps, never a timer: the event loop turns when all have settled. */
function everybodyWaits(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
