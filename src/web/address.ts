import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';

/**
 * Whom a request counts for: the address in front of the proxies that TRUST_PROXY counts, without the port that some
 * of them add; of an IPv6 one the /56, which one household has. Who has hung up already has no address any more.
 */
export function addressOf({ ip = 'gone' }: Pick<Request, 'ip'>): string {
  const [, inBrackets, beforePort] = /^\[(.+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(ip) ?? [];
  return ipKeyGenerator(inBrackets ?? beforePort ?? ip);
}
