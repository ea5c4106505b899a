import { startApp, type TestApp } from '../support/app.ts';
import { freePort } from '../support/machine.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { type FarWithings, startFarApart } from '../support/withings.ts';
import { type Balancer, startBalancer } from './balancer.ts';
import { newStore } from './store.ts';

/** Two instances of the real app on one store, a balancer before them, and Withings on a site of its own. */
export interface Pair {
  balancer: Balancer;
  /** As the browser sees both. */
  url: string;
  apps: [TestApp, TestApp];
  withings: FarWithings & ReturnType<typeof sandboxOf>;
  clock: { now: number };
}

export async function startPair(
  env: Record<string, string> = {},
  store?: Record<string, string>,
): Promise<Pair> {
  const balancer = await startBalancer(await freePort());
  const shared = { PUBLIC_URL: balancer.url, ...(store ?? (await newStore())), ...env };
  const { app: first, withings } = await startFarApart(shared);
  const { clientId, clientSecret, authorizeUrl, apiUrl, issuer } = first.config.withings;
  const second = await startApp(
    {
      ...shared,
      WITHINGS_CLIENT_ID: clientId,
      WITHINGS_CLIENT_SECRET: clientSecret,
      WITHINGS_AUTHORIZE_URL: authorizeUrl,
      WITHINGS_API_URL: apiUrl,
      WITHINGS_ISSUER: issuer,
      SESSION_SECRET: first.config.sessionSecrets.join(','),
    },
    first.clock,
  );
  balancer.set(0, first.url);
  balancer.set(1, second.url);
  return {
    balancer,
    url: balancer.url,
    apps: [first, second],
    withings: { ...withings, ...sandboxOf(withings, '') },
    clock: first.clock,
  };
}
