import type { ProblemText } from './text.ts';

/** How the way back from Withings can end. */
export const ATTEMPTS = {
  'access-denied': {
    status: 403,
    title: 'Nothing was shared',
    what: 'You chose not to share your Withings data, so we did not connect anything.',
    advice: 'If that was a slip, start again and choose Allow.',
    action: 'restart',
    aside: 'account',
  },
  'withings-declined': {
    status: 502,
    title: 'Withings sent you back without an answer',
    what: 'Withings could not finish on its side. Nothing was connected.',
    advice: 'Start again. If it happens twice, wait a few minutes first.',
    action: 'restart',
  },
  'callback-incomplete': {
    status: 400,
    title: 'This address is incomplete',
    what: 'It is where Withings sends you back to, but what Withings adds to it is missing or was changed on the way.',
    advice: 'Start again from here. An attempt that is still open in another tab can be finished there.',
    action: 'restart',
  },
  'cookies-missing': {
    status: 400,
    title: 'Your browser did not bring back our cookie',
    what: 'Without it we cannot tell that it was you who began. Either cookies are off, or you began at another address or in another browser.',
    advice: 'Allow cookies for this site, then start again from here.',
    action: 'restart',
  },
  'attempt-unknown': {
    status: 400,
    title: 'We do not know this attempt',
    what: 'It was begun in another browser, or it was never begun here. To be safe we did nothing with it.',
    advice: 'Start again in this browser.',
    action: 'restart',
  },
  'attempt-expired': {
    status: 400,
    title: 'That took too long',
    what: 'An attempt to connect stays open for ten minutes, and this one was older. Nothing was connected.',
    advice: 'Start again. It takes half a minute.',
    action: 'restart',
  },
  'attempt-spent': {
    status: 400,
    title: 'This link was used already',
    what: 'Each return from Withings counts once, and this one has been dealt with.',
    advice: 'If you are connected you find everything on the dashboard.',
    action: 'dashboard',
  },
  'attempt-unfinished': {
    status: 503,
    title: 'Your first visit here is not finished yet',
    what: 'This page was opened twice, and the first visit has not heard from Withings.',
    advice: 'Look at the dashboard. If it does not show you as connected, start again.',
    action: 'dashboard',
    retryAfterSeconds: 10,
  },
  'too-many-codes': {
    status: 429,
    title: 'Please wait before you try again',
    what: 'Withings refused several visits from this browser or from your network, one after the other. Each costs a call that others need as well, so we let none through for a while. Nothing was connected.',
    advice: 'Start again in a few minutes, and allow without a long pause.',
    action: 'restart',
    retryAfterSeconds: 60,
  },
} as const satisfies Record<string, ProblemText>;
