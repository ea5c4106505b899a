import type { RefusalCode } from '../withings/errors.ts';

/** One thing that can go wrong, as its page and its JSON say it: what happened, what to do, one way on. */
export interface ProblemText {
  /** HTTP status of the answer. */
  status: number;
  title: string;
  /** What happened, and that nothing was lost where that is so. */
  what: string;
  /** What to do now. */
  advice: string;
  action: Action;
  /** Seconds until it makes sense to try again, where that is known. */
  retryAfterSeconds?: number;
}

export type Action = keyof typeof ACTIONS;

/** The one link under a problem. */
export const ACTIONS = {
  connect: { href: '/connect', label: 'Connect Withings' },
  restart: { href: '/connect', label: 'Start again' },
  home: { href: '/', label: 'Back to the start' },
  dashboard: { href: '/dashboard', label: 'Open the dashboard' },
} as const;

const OURS = {
  // ── coming back from Withings ──────────────────────────────────────────
  'access-denied': {
    status: 403,
    title: 'Nothing was shared',
    what: 'You chose not to share your Withings data, so we did not connect anything.',
    advice: 'If that was a slip, start again and choose Allow.',
    action: 'restart',
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
  // ── using a connection ─────────────────────────────────────────────────
  'not-connected': {
    status: 401,
    title: 'Not connected',
    what: 'No Withings account is connected in this browser.',
    advice: 'Connect one to see its data.',
    action: 'connect',
  },
  'key-missing': {
    status: 503,
    title: 'Your connection cannot be opened just now',
    what: 'It is kept here, but locked with a key that this installation does not have at the moment.',
    advice: 'Nothing is lost. Tell whoever runs this site; or connect again.',
    action: 'connect',
    retryAfterSeconds: 300,
  },
  'other-cloud': {
    status: 503,
    title: 'Your connection belongs to the other Withings cloud',
    what: 'Withings has one cloud for Europe and the world and one for the United States. This installation has moved since you connected.',
    advice:
      'Nothing is lost: it works again if the installation moves back. To use this cloud, connect again.',
    action: 'connect',
    retryAfterSeconds: 3600,
  },
  'callback-refused': {
    status: 502,
    title: 'Withings cannot reach this site to tell it of news',
    what: 'It asks for an https address with a host name, on port 443 or 80, that answers a HEAD request.',
    advice:
      'Whoever runs this site must make PUBLIC_URL reachable from outside. Your connection is as good as ever.',
    action: 'dashboard',
  },
  'too-many-streams': {
    status: 503,
    title: 'Too many pages are watching',
    what: 'The page is right as it was loaded; it just does not renew itself.',
    advice: 'Close tabs of this site that you do not need.',
    action: 'dashboard',
    retryAfterSeconds: 30,
  },
  // ── requests ───────────────────────────────────────────────────────────
  'not-signed-in': {
    status: 401,
    title: 'Please sign in first',
    what: 'A Withings account is connected to whoever is signed in here, and nobody is.',
    advice: 'Sign in, then connect.',
    action: 'home',
  },
  unauthorized: {
    status: 401,
    title: 'The key is missing or wrong',
    what: 'Requests to this address carry the key of this installation. Nothing was changed.',
    advice: 'Send it as Authorization: Bearer, with the value of PARTNER_API_KEY.',
    action: 'home',
  },
  'partner-code-refused': {
    status: 400,
    title: 'Withings does not accept this code',
    what: 'A code made by a server lives ten minutes, works once, and only for the application it was made for. Nothing was changed.',
    advice: 'Ask Withings for a new one with recoverauthorizationcode.',
    action: 'home',
  },
  'connection-ended': {
    status: 409,
    title: 'This connection has ended',
    what: 'Withings no longer accepts its tokens, so there is none to hand out.',
    advice:
      'Unless the person has removed your application, ask Withings for a new code with recoverauthorizationcode and connect again; WITHINGS_RECOVER=on does that by itself.',
    action: 'home',
  },
  'connection-unknown': {
    status: 404,
    title: 'There is no such connection',
    what: 'It was never made through this door, or it has been disconnected since.',
    advice: 'Make a new one with a fresh authorization code.',
    action: 'home',
  },
  'handoff-spent': {
    status: 410,
    title: 'This link no longer works',
    what: 'It opens your data once, within ten minutes, and that has happened or the time is over.',
    advice:
      'If it was you who opened it here, the dashboard is still there. Otherwise ask for a new link where you got this one.',
    action: 'dashboard',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    what: 'This address takes 120 requests a minute from one place, as many as Withings takes from us.',
    advice: 'Wait a minute, then go on more slowly.',
    action: 'home',
    retryAfterSeconds: 60,
  },
  'cross-site': {
    status: 403,
    title: 'That did not come from this site',
    what: 'The request to change something was sent from another page, or from another address of this site. Nothing was changed.',
    advice: 'Open this site itself and press the button there.',
    action: 'home',
  },
  'not-found': {
    status: 404,
    title: 'There is no page here',
    what: 'The address may be mistyped, or the page is gone.',
    advice: 'Go back to the start.',
    action: 'home',
  },
  'method-not-allowed': {
    status: 405,
    title: 'That cannot be done here',
    what: 'This address exists, but it does not take this kind of request.',
    advice: 'Go back to the start and use the buttons there.',
    action: 'home',
  },
  'not-ahead-of-time': {
    status: 425,
    title: 'Not ahead of time',
    what: 'Your browser asked for this page before you did. We wait until you really open it.',
    advice: 'Open it when you want to.',
    action: 'home',
  },
  'bad-request': {
    status: 400,
    title: 'We could not read that request',
    what: 'Something in it is not as it should be. Nothing was changed.',
    advice: 'Go back to the start and try again from there.',
    action: 'home',
  },
  'too-large': {
    status: 413,
    title: 'That is too much at once',
    what: 'The request was larger than anything this site needs. Nothing was changed.',
    advice: 'Go back to the start and use the buttons there.',
    action: 'home',
  },
  'address-too-long': {
    status: 414,
    title: 'That address is too long',
    what: 'It was longer than any address of this site.',
    advice: 'Go back to the start.',
    action: 'home',
  },
  'unsupported-type': {
    status: 415,
    title: 'We do not read that format',
    what: 'The request carried a kind of content that this site does not take. Nothing was changed.',
    advice: 'Go back to the start and use the buttons there.',
    action: 'home',
  },
  // ── us ─────────────────────────────────────────────────────────────────
  'store-unavailable': {
    status: 503,
    title: 'Our storage does not answer',
    what: 'We cannot read or write just now. You are still connected, nothing was lost.',
    advice: 'Try again in a moment.',
    action: 'home',
    retryAfterSeconds: 5,
  },
  internal: {
    status: 500,
    title: 'Something broke on our side',
    what: 'This was our mistake, not yours, and it has been written down.',
    advice: 'Go back and try once more. If it stays, tell us the number below.',
    action: 'home',
  },
} as const satisfies Record<string, ProblemText>;

const WITHINGS: Record<RefusalCode, ProblemText> = {
  'code-refused': {
    status: 502,
    title: 'Withings no longer accepts this visit',
    what: 'What Withings gives you to bring along is good for 30 seconds and one use. It was too late, or it was used before.',
    advice: 'Start again. If you allow without a long pause, it works.',
    action: 'restart',
  },
  'refresh-token-refused': {
    status: 401,
    title: 'Withings ended this connection',
    what: 'Withings no longer accepts our permission. That happens when the app is removed in Withings, and to demo users after a day.',
    advice: 'Connect again. It takes one click and changes nothing at Withings.',
    action: 'connect',
  },
  'access-token-refused': {
    status: 503,
    title: 'Withings did not accept our access',
    what: 'Withings turned down the token that it gave us, and a fresh one did not help.',
    advice: 'Try again in a minute. If it stays, connect again.',
    action: 'dashboard',
    retryAfterSeconds: 60,
  },
  'client-refused': {
    status: 502,
    title: 'Withings does not know this application',
    what: 'Withings refused the id or the secret of this installation. Your own connection is not the cause, and it is kept.',
    advice:
      'Whoever runs this site must check WITHINGS_CLIENT_ID and WITHINGS_CLIENT_SECRET, and the clock of the machine.',
    action: 'home',
  },
  'clock-wrong': {
    status: 502,
    title: 'The clock of this installation is wrong',
    what: 'Withings refused a signed request, and its clock and ours are more than a minute apart. Your own connection is not the cause, and it is kept.',
    advice: 'Whoever runs this site must set the clock of the machine right, by NTP for instance.',
    action: 'home',
  },
  'redirect-uri-refused': {
    status: 502,
    title: 'Withings does not accept our return address',
    what: 'The callback URL of this installation differs from the one registered at Withings (their status 293).',
    advice:
      'Whoever runs this site must register PUBLIC_URL followed by /callback, to the letter, in the Withings developer dashboard.',
    action: 'home',
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
    advice: 'Try again in a minute.',
    action: 'home',
    retryAfterSeconds: 60,
  },
  'withings-timeout': {
    status: 503,
    title: 'Withings took too long to answer',
    what: 'We stopped waiting. If you were connecting, nothing was connected; if you were connected, you still are.',
    advice: 'Try again in a minute.',
    action: 'home',
    retryAfterSeconds: 30,
  },
  'withings-unreachable': {
    status: 503,
    title: 'Withings cannot be reached',
    what: 'Their service is down or the line to it is. If you were connecting, nothing was connected; if you were connected, you still are.',
    advice: 'Try again in a minute.',
    action: 'home',
    retryAfterSeconds: 30,
  },
  'withings-unreadable': {
    status: 502,
    title: 'Withings answered something we cannot read',
    what: 'The answer was not in the form that Withings documents, so we used nothing of it and kept what we had.',
    advice: 'Try again in a minute.',
    action: 'home',
    retryAfterSeconds: 30,
  },
  'withings-refused': {
    status: 502,
    title: 'Withings refused without saying why',
    what: 'It answered with an error that has no meaning we know. Nothing of yours was changed.',
    advice: 'Try again. If it stays, tell whoever runs this site the number below.',
    action: 'home',
  },
};

export type ProblemCode = keyof typeof OURS | RefusalCode;

/** Every problem that this program can show, by its stable code. */
export const PROBLEMS: Record<ProblemCode, ProblemText> = { ...OURS, ...WITHINGS };

/** The problem of a code that was kept as text; one we no longer know is an unexplained refusal. */
export function problemOf(code: string): { code: ProblemCode } & ProblemText {
  const known = Object.hasOwn(PROBLEMS, code) ? (code as ProblemCode) : 'withings-refused';
  return { code: known, ...PROBLEMS[known] };
}

/** Thrown by a handler to end its request with the page (or JSON) of a known problem. */
export class Problem extends Error {
  readonly code: ProblemCode;
  /** HTTP status: what Express itself goes by where no page of ours answers. */
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
  constructor(code: ProblemCode, retryAfterSeconds?: number) {
    super(code);
    this.code = code;
    this.status = PROBLEMS[code].status;
    this.retryAfterSeconds = retryAfterSeconds ?? PROBLEMS[code].retryAfterSeconds;
  }
}
