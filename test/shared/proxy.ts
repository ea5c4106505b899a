import type { AddressInfo } from 'node:net';
import { atEnd } from '../support/machine.ts';
import { createFollower } from '../torture/follower.js';

/** An address that follows the primary, as a managed service's does. */
export async function startProxy(primary: number) {
  let target = primary;
  const { server, close } = await createFollower(0, () => target);
  atEnd(close);
  return {
    port: (server.address() as AddressInfo).port,
    /** New connections go there; those that there are stay where they are. */
    follow(next: number) {
      target = next;
    },
  };
}
