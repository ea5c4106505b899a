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

/** Everything as it was at the first start; whoever holds a token will find it unknown. */
export function reset(world: World): void {
  const { callLog, changes, clients, clock, counters, faults, guard } = world;
  const { logins, nonces, notices, pairs, people, weighIns } = world;
  notices.clear();
  for (const { userId } of people.all()) for (const { id } of clients.all()) unlink(world, userId, id);
  pairs.forgetAll();
  nonces.forgetAll();
  logins.endAll();
  people.forgetCreated();
  weighIns.removeAll();
  clients.forgetRegistered();
  counters.clear();
  faults.clear();
  callLog.clear();
  guard.reset();
  clock.reset();
  changes.publish();
}
