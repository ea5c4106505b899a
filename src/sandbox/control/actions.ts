import { extraGroup } from '../data/measures/day.ts';
import type { Group } from '../data/measures/groups.ts';
import type { Person } from '../people.ts';
import { unlink } from '../removals.ts';
import type { World } from '../world.ts';

/** The person steps on the scale, now. */
export function weigh({ changes, notices, weighIns }: World, person: Person): Group {
  const measured = extraGroup(person, weighIns.add(person.userId));
  notices.onMeasured(person, 1, measured.date, measured.date + 1);
  changes.publish();
  return measured;
}

/** The person removes every app, as in Withings' own settings; answers how many pairs of tokens ended. */
export function unlinkAll(world: World, { userId }: Person): number {
  return world.clients.all().reduce((sum, { id }) => sum + unlink(world, userId, id), 0);
}

/** Moves the clock on by seconds; false when that would lead too far. */
export function advance({ changes, clock }: World, seconds: number): boolean {
  const isMoved = clock.advance(seconds * 1000);
  changes.publish();
  return isMoved;
}
