import type { World } from './world.ts';

/** The person removes an app in Withings: its tokens and codes die, who subscribed is notified, the subscriptions end. */
export function unlink(world: World, userId: number, clientId: string): number {
  const { changes, codes, notices, pairs } = world;
  codes.forget(userId, clientId);
  const ended = pairs.end(userId, clientId, 'the person removed the app');
  notices.onRemoval(userId, clientId, 'unlink');
  changes.publish();
  return ended;
}

/** The app revokes (documented: tokens die, subscriptions end, and nobody is notified). */
export function revoke(world: World, userId: number, clientId: string): void {
  const { changes, codes, notices, pairs } = world;
  codes.forget(userId, clientId);
  pairs.end(userId, clientId, 'revoked by the app');
  notices.unsubscribe(userId, clientId);
  changes.publish();
}

/** A fresh start: whoever holds a token will find it unknown, as if every person had removed the app. */
export function reset(world: World): void {
  const { callLog, changes, clients, counters, faults, notices, people, pairs, weighIns } = world;
  notices.clear();
  for (const { userId } of people.all()) for (const { id } of clients.all()) unlink(world, userId, id);
  pairs.forgetAll();
  people.forgetCreated();
  weighIns.removeAll();
  clients.forgetRegistered();
  counters.clear();
  faults.clear();
  callLog.clear();
  changes.publish();
}
