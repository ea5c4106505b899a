import type { FaultName } from './faults.ts';

export interface FaultWords {
  title: string;
  what: string;
}

/** What each fault does, for people: on the sandbox's pages and in docs/sandbox.md. */
export const FAULT_WORDS: Record<FaultName, FaultWords> = {
  reset: { title: 'The connection breaks', what: 'cut before anything was done; no answer comes' },
  'http-500': { title: 'Withings is down', what: 'a web page with status 500 in place of an answer' },
  html: { title: 'A web page comes', what: 'HTML with status 200 in place of an answer' },
  'status-601': { title: 'Too many requests', what: 'status 601, and to wait for ten seconds' },
  'status-522': { title: 'A timeout inside Withings', what: 'status 522, please try again' },
  'status-2554': { title: 'Not implemented', what: 'status 2554, as for a wrong address' },
  'wrong-secret': { title: 'The secret is refused', what: 'as if it had been made anew' },
  'refuse-code': { title: 'The code is refused', what: 'as if it were older than 30 seconds' },
  'refuse-refresh': { title: 'The refresh token is refused', what: 'though it is live' },
  'lose-reply': {
    title: 'The answer gets lost',
    what: 'the work is done, tokens are made, and nothing arrives',
  },
  slow: { title: 'The answer drips', what: 'a byte every half second, or every delayMs' },
  late: { title: 'The answer comes too late', what: 'after 15 seconds, or delayMs' },
  truncated: { title: 'Half an answer comes', what: 'the JSON ends in the middle' },
  deny: { title: 'The person refuses', what: 'whatever is pressed on the next consent page' },
  'partial-scope': {
    title: 'One permission is given',
    what: 'the first that was asked for, at the next consent',
  },
  'only-metrics': {
    title: 'Only body measures are shared',
    what: 'user.metrics alone, at the next consent',
  },
  'userid-string': { title: 'The user id comes as text', what: 'as in older answers' },
  'no-grace': {
    title: 'No eight hours of grace',
    what: 'the former refresh token dies as soon as it is used',
  },
  'revoke-family': {
    title: 'A dead refresh token ends all',
    what: 'when one comes back, every token of that consent dies (RFC 9700)',
  },
  'short-pages': { title: 'Short pages', what: 'ten rows a page in the next list' },
};
