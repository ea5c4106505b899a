import type { RefusalCode } from '../withings/errors.ts';
import type { ProblemText } from './text.ts';

/**
 * Why there is no token, no answer or no data. What keeps Withings' data away from somebody who is connected is 503, and says
 * when to ask again.
 */
export const REFUSALS = {
  'not-connected': {
    status: 401,
    title: 'Not connected',
    what: 'No Withings account is connected in this browser.',
    advice: 'Connect one to see its data.',
    action: 'connect',
  },
  'refresh-token-refused': {
    status: 401,
    title: 'Withings ended this connection',
    what: 'Withings no longer accepts our permission. That happens when the app is removed there.',
    advice: 'Connect again. It takes one click and changes nothing at Withings.',
    action: 'connect',
  },
  'lost-by-restore': {
    status: 401,
    title: 'This connection was lost here',
    what: 'This site had to go back to a backup of its storage, and Withings no longer accepts the permission that was in it: it was replaced or taken back since. Nothing is wrong at Withings.',
    advice: 'Connect again. It takes one click and changes nothing at Withings.',
    action: 'connect',
  },
  'code-refused': {
    status: 502,
    title: 'Withings no longer accepts this visit',
    what: 'What Withings gives you to bring along is good for 30 seconds and one use. It was too late, or it was used before.',
    advice: 'Start again. If you allow without a long pause, it works.',
    action: 'restart',
  },
  'access-token-refused': {
    status: 503,
    title: 'Withings did not accept our access',
    what: 'Withings rejected the token that it gave us, and a fresh one did not help.',
    advice: 'Try again in a minute. If it stays, connect again.',
    action: 'dashboard',
    retryAfterSeconds: 60,
  },
  'client-refused': {
    status: 503,
    title: 'Withings does not know this application',
    what: 'Withings refused the id or the secret of this installation. Your own connection is not the cause, and it is kept.',
    advice:
      'Whoever runs this site must check WITHINGS_CLIENT_ID and WITHINGS_CLIENT_SECRET, and the clock of the machine.',
    action: 'home',
    retryAfterSeconds: 300,
  },
  'clock-wrong': {
    status: 503,
    title: 'The clock of this installation is wrong',
    what: 'Withings refused a signed request, and its clock and ours are more than a minute apart. Your own connection is not the cause, and it is kept.',
    advice: 'Whoever runs this site must set the clock of the machine right, by NTP for instance.',
    action: 'home',
    retryAfterSeconds: 300,
  },
  'redirect-uri-refused': {
    status: 503,
    title: 'Withings does not accept our return address',
    what: 'The callback URL of this installation differs from the one registered at Withings (their status 293).',
    advice:
      'Whoever runs this site must register PUBLIC_URL followed by /callback, to the letter, in the Withings developer dashboard.',
    action: 'home',
    retryAfterSeconds: 300,
  },
  'callback-refused': {
    status: 502,
    title: 'Withings cannot reach this site to tell it of news',
    what: 'It asks for an https address with a host name, on port 443 or 80, that answers a HEAD request.',
    advice:
      'Whoever runs this site must make PUBLIC_URL reachable from outside. Your connection is as good as ever.',
    action: 'dashboard',
  },
  'scope-missing': {
    status: 403,
    title: 'This was not part of what you allowed',
    what: 'Your Withings account is connected, but without permission for this data.',
    advice: 'Connect again and leave every box ticked to share it.',
    action: 'connect',
  },
  'withings-busy': {
    status: 503,
    title: 'Withings asks us to slow down',
    what: 'We asked too often, or the same thing twice. Nothing is wrong with your connection.',
    whatConnecting: 'We asked too often, or the same thing twice. Nothing was connected.',
    advice: 'Try again in a minute.',
    action: 'dashboard',
    retryAfterSeconds: 60,
  },
  'quota-used-up': {
    status: 503,
    title: 'Many people are here just now',
    what: 'Withings answers this site only so many times a minute, and for the moment they are used up. Nothing is wrong with your connection.',
    whatConnecting:
      'Withings answers this site only so many times a minute, and for the moment they are used up. Nothing was connected.',
    advice: 'Your turn comes within minutes: try again then.',
    action: 'dashboard',
    retryAfterSeconds: 60,
  },
  'withings-timeout': {
    status: 503,
    title: 'Withings took too long to answer',
    what: 'We stopped waiting. You are connected as before.',
    whatConnecting: 'We stopped waiting. Nothing was connected.',
    advice: 'Try again in a minute.',
    action: 'dashboard',
    retryAfterSeconds: 30,
  },
  'withings-unreachable': {
    status: 503,
    title: 'Withings cannot be reached',
    what: 'Their service is down or the line to it is. You are connected as before.',
    whatConnecting: 'Their service is down or the line to it is. Nothing was connected.',
    advice: 'Try again in a minute.',
    action: 'dashboard',
    retryAfterSeconds: 30,
  },
  'withings-unreadable': {
    status: 503,
    title: 'Withings answered something we cannot read',
    what: 'The answer was not in the form that Withings documents, so we used nothing of it and kept what we had.',
    whatConnecting:
      'The answer was not in the form that Withings documents, so we used nothing of it. Nothing was connected.',
    advice: 'Try again in a minute.',
    action: 'dashboard',
    retryAfterSeconds: 30,
  },
  'withings-refused': {
    status: 503,
    title: 'Withings refused without saying why',
    what: 'It answered with an error that has no meaning we know. Nothing of yours was changed.',
    whatConnecting: 'It answered with an error that has no meaning we know. Nothing was connected.',
    advice: 'Try again. If it stays, tell whoever runs this site.',
    action: 'dashboard',
    retryAfterSeconds: 60,
  },
} as const satisfies Record<RefusalCode, ProblemText>;
