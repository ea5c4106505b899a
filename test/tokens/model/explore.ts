import { type Limits, World } from './world.ts';

export interface Finding {
  /** What was lost and the shortest way there; null: nothing, in any order of events within the limits. */
  lost: { why: string; trace: string[] } | null;
  states: number;
  /** False: the search was cut short. */
  complete: boolean;
}

/** A state to look at: the choices that lead there. */
interface Place {
  schedule: number[];
  /** A world that stands before the last of them; null: do all of them again. */
  before: World | null;
}

/** Worlds that wait at a time; what is kept costs more to collect than to do again. */
const MAX_STANDING = 1000;

/**
 * Tries every order of events, breadth first. Promises cannot be copied: a world goes on to the first of what may
 * happen next, and every other state is reached by doing again what led there. A state that was seen before is not
 * gone into a second time.
 */
export async function explore(limits: Limits, maxStates = 200_000): Promise<Finding> {
  const seen = new Set<string>();
  let frontier: Place[] = [{ schedule: [], before: null }];
  while (frontier.length > 0) {
    const next: Place[] = [];
    for (const { schedule, before } of frontier) {
      const { world } = before ? await go(before, schedule.slice(-1)) : await go(new World(limits), schedule);
      const why = world.lost();
      if (why) {
        const { trace } = await go(new World(limits), schedule);
        return { lost: { why, trace }, states: seen.size, complete: true };
      }
      const key = world.key();
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size >= maxStates) return { lost: null, states: seen.size, complete: false };
      next.push(...placesAfter(schedule, world, next.length < MAX_STANDING));
    }
    frontier = next;
  }
  return { lost: null, states: seen.size, complete: true };
}

function placesAfter(schedule: number[], world: World, stands: boolean): Place[] {
  return [...world.options().keys()].map((choice) => ({
    schedule: [...schedule, choice],
    before: stands && choice === 0 ? world : null,
  }));
}

async function go(world: World, schedule: number[]): Promise<{ world: World; trace: string[] }> {
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
