import type { World } from './world.ts';

/** The person removes an app in Withings: its tokens die, its codes too, and its subscriptions are told and end. */
export function unlink(world: World, userId: number, clientId: string): number {
  const { changes, codes, notices, pairs } = world;
  codes.forget(userId, clientId);
  const ended = pairs.end(userId, clientId, 'the person removed the app');
  notices.left(userId, clientId, 'unlink');
  changes.tell();
  return ended;
}

/** The app lets go of the person (documented: tokens die and notifications are unsubscribed, unasked). */
export function release(world: World, userId: number, clientId: string): void {
  const { changes, codes, notices, pairs } = world;
  codes.forget(userId, clientId);
  pairs.end(userId, clientId, 'revoked by the app');
  notices.drop(userId, clientId);
  changes.tell();
}

/** A fresh start: whoever holds a token will find it unknown, as if every person had left. */
export function reset(world: World): void {
  const { callLog, changes, clients, counters, faults, notices, people, pairs } = world;
  notices.clear();
  for (const { userId } of people.all()) for (const { id } of clients.all()) unlink(world, userId, id);
  pairs.forgetAll();
  people.forgetCreated();
  clients.forgetRegistered();
  counters.clear();
  faults.clear();
  callLog.clear();
  changes.tell();
}
