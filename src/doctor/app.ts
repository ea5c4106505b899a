import { z } from 'zod';
import { whyNoConnection } from '../store/connection-faults.ts';
import { isSame, newChallenge, proofFor } from './challenge.ts';

const answer = z.object({
  /** See proofFor. */
  proof: z.string(),
  /** Random, another for each process. */
  instance: z.string(),
  version: z.string(),
  node: z.string(),
  ready: z.boolean(),
  /** How many have put an address into X-Forwarded-For on the way. */
  proxies: z.number(),
  /** The cookie came that an answer before had set. */
  cookie: z.boolean(),
});

export type Answer = z.output<typeof answer>;

/** What is at an address: this installation; somebody else; nobody, and why. */
export type Heard =
  | { who: 'us'; answer: Answer; setCookie: string[] }
  | { who: 'another'; status: number }
  | { who: 'nobody'; why: string };

export interface Asking {
  fetch: typeof fetch;
  /** Of `keys.doctor`. */
  key: Buffer;
  now: () => number;
}

export const WITHIN_MS = 10_000;

/**
 * Asks what is at an address whether it is this installation.
 *
 * @param url an origin
 * @param cookie what an answer before has set
 */
export async function askApp(url: string, { fetch, key, now }: Asking, cookie = ''): Promise<Heard> {
  const challenge = newChallenge(key, now());
  try {
    const response = await fetch(`${url}/doctor/${challenge}`, {
      headers: { Accept: 'application/json', Connection: 'close', ...(cookie && { Cookie: cookie }) },
      redirect: 'manual',
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    const said = answer.safeParse(await response.json().catch(() => null));
    if (!said.success || !isSame(said.data.proof, proofFor(challenge, key))) {
      return { who: 'another', status: response.status };
    }
    return { who: 'us', answer: said.data, setCookie: response.headers.getSetCookie() };
  } catch (error) {
    return { who: 'nobody', why: whySilent(error) };
  }
}

/** Why a request brought no answer, in words. */
export function whySilent(error: unknown): string {
  const { name, cause } = error as Error;
  if (name === 'TimeoutError' || name === 'AbortError') return 'no answer in time';
  return whyNoConnection(cause ?? error) ?? 'the connection was closed';
}
