import { BlockList, isIPv6 } from 'node:net';
import { whyNoConnection } from '../store/connection-faults.ts';
import { DAY_MS } from '../time/clocks.ts';
import { createAddress } from '../webhooks/address.ts';
import { WITHIN_MS, whySilent } from './app.ts';
import { type Finding, fails, ok, warn } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** Withings waits no longer for a HEAD. Source: Withings, "Notifications". */
const HEAD_WITHIN_MS = 2000;
const DAYS_LEFT = 14;

/** The addresses that Withings asks, seen from this machine: a name, TLS, and an answer to HEAD. */
export async function checkReach(around: Surroundings): Promise<Finding[]> {
  const { config, secrets } = around;
  const url = new URL(config.publicUrl);
  const found = [await checkName(url, around)];
  if (url.protocol === 'https:') found.push(await checkCertificate(url, around));
  found.push(await checkHead('The callback', config.withings.redirectUri, around));
  if (config.webhooks && secrets) {
    const { current } = createAddress(config.publicUrl, secrets.keys.webhook);
    found.push(await checkHead('The address for notifications', current, around));
  }
  return found;
}

async function checkName({ hostname }: URL, { network, isAtWithings }: Surroundings): Promise<Finding> {
  const todo = `Give ${hostname} an address that the whole internet reaches.`;
  try {
    const addresses = await (isAtWithings ? network.resolve(hostname) : network.lookUp(hostname));
    const hidden = addresses.filter(isHidden);
    const list = addresses.join(', ');
    if (isAtWithings && hidden.length > 0)
      return fails(`${hostname} leads to ${list}: Withings cannot reach that.`, todo);
    return ok(`${hostname} leads to ${list}.`);
  } catch (error) {
    return fails(`${hostname}: ${whyNoConnection(error) ?? 'no answer of the DNS'}.`, todo);
  }
}

/** Networks that nobody reaches from elsewhere (RFC 6890). */
const HIDDEN = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  HIDDEN.addSubnet(net, bits);
for (const [net, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  HIDDEN.addSubnet(net, bits, 'ipv6');

function isHidden(address: string): boolean {
  return HIDDEN.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

async function checkCertificate(url: URL, { network, clocks, isAtWithings }: Surroundings): Promise<Finding> {
  const renew = 'Look at what renews the certificate, and send the whole chain with it.';
  try {
    const { fault, endsAt } = await network.handshake(url, isAtWithings ? 'public' : 'ours');
    if (fault !== null) return fails(`${url.host}: ${whyNoConnection({ code: fault })}.`, renew);
    const days = Math.floor((endsAt - clocks.now()) / DAY_MS);
    const words = `The certificate of ${url.host} is trusted, and ends in ${days} days.`;
    return days < DAYS_LEFT ? warn(words, renew) : ok(words);
  } catch (error) {
    return fails(`${url.host} speaks no TLS: ${whySilent(error)}.`, renew);
  }
}

/** Asked twice, since the first opens what the next ones use. @param url may hold a secret, so that it is not repeated */
async function checkHead(what: string, url: string, { network, clocks }: Surroundings): Promise<Finding> {
  const todo = 'Start the app, and let PUBLIC_URL and the proxy lead there; a firewall must not stop HEAD.';
  let took = Number.POSITIVE_INFINITY;
  try {
    for (let times = 0; times < 2; times += 1) {
      const begun = clocks.monotonic();
      const { status } = await network.fetch(url, {
        method: 'HEAD',
        redirect: 'manual',
        signal: AbortSignal.timeout(WITHIN_MS),
      });
      if (status !== 200)
        return fails(`${what} answers HEAD with ${status}, and Withings wants 200 without a redirect.`, todo);
      took = Math.min(took, clocks.monotonic() - begun);
    }
  } catch (error) {
    return fails(`${what} does not answer HEAD: ${whySilent(error)}.`, todo);
  }
  if (took > HEAD_WITHIN_MS)
    return fails(
      `${what} takes ${Math.round(took)} ms for a HEAD, and Withings waits 2 seconds.`,
      'Find out what is slow in front of the app.',
    );
  return ok(`${what} answers HEAD with 200 in ${Math.round(took)} ms.`);
}
