import { grantContent } from '../store/grant.ts';
import { curlOf } from '../withings/curl.ts';
import { COOKIES } from './reasons.ts';
import type { Attempt, Call, Cookie } from './recorder.ts';
import { APP, BROWSER, callStep, endOf, rowsOf, type Step, tookWords, WITHINGS } from './step.ts';

export interface Places {
  publicUrl: string;
  /** Ends in a slash. */
  apiUrl: string;
}

/** One way to Withings and back, as far as it came: who said what to whom. */
export function attemptSteps(attempt: Attempt, places: Places): Step[] {
  const { begun, callback, calls, landed } = attempt;
  const from = begun?.at ?? callback?.at ?? 0;
  const when = (at: number | null) => (at === null || at === from ? null : `after ${tookWords(at - from)}`);
  const steps = [
    ...(begun ? beginning(begun, places) : []),
    ...(begun ? [consent(begun.at, callback)] : []),
    ...(callback ? [wayBack(attempt, callback, places)] : []),
    ...calls.map((call) => tokenCall(call, callback?.at ?? from, places)),
    ...(landed ? endings(landed) : []),
  ].map((step) => ({ ...step, when: when(step.at) }));
  return stopped(steps, attempt);
}

type Timed = Omit<Step, 'when'> & { at: number | null };

function beginning(
  { at, cookies, authorizeUrl, parts, isOther }: NonNullable<Attempt['begun']>,
  { publicUrl }: Places,
): Timed[] {
  return [
    {
      at,
      title: 'The way begins',
      hops: [[BROWSER, APP]],
      said: [
        'A click on “Connect Withings”. Nothing is written to a store for it: whoever clicks a thousand times leaves nothing behind.',
      ],
      tables: [{ caption: 'Cookies that the answer sets', rows: cookieRows(cookies) }],
      curl: curlOf({ method: 'GET', url: `${publicUrl}/connect`, cookies: 'c' }),
      lines: [
        ['src/connect/routes.ts', 'connect'],
        ['src/connect/attempts.ts', 'begin'],
      ],
    },
    {
      at,
      title: 'The question, by way of the browser',
      hops: [
        [APP, BROWSER],
        [BROWSER, WITHINGS],
      ],
      said: [
        'HTTP 303 leads the browser to Withings’ page. We do not talk to Withings ourselves yet.',
        ...(isOther ? ['By way of Withings’ logout, so that another account can sign in.'] : []),
      ],
      tables: [{ caption: 'Parameters', rows: rowsOf(parts) }],
      curl: curlOf({ method: 'GET', url: authorizeUrl, parts }),
      lines: [['src/withings/client.ts', 'authorizeUrl']],
    },
  ];
}

function consent(begunAt: number, callback: Attempt['callback']): Timed {
  return {
    at: callback?.at ?? null,
    title: 'The consent',
    hops: [
      [BROWSER, WITHINGS],
      [WITHINGS, BROWSER],
    ],
    said: callback
      ? [
          `Signing in and answering took ${tookWords(callback.at - begunAt)}. That is between the browser and Withings: this app saw none of it, and no password.`,
        ]
      : ['Withings has not sent this browser back yet. An attempt stays open for ten minutes.'],
    lines: [],
    isOpen: callback === null,
  };
}

function wayBack(
  { visits }: Attempt,
  { at, parts }: NonNullable<Attempt['callback']>,
  { publicUrl }: Places,
): Timed {
  return {
    at,
    title: 'The way back',
    hops: [
      [WITHINGS, BROWSER],
      [BROWSER, APP],
    ],
    said: [
      'We open the state, compare it with the cookie of this browser, and spend it: whoever brings it first has it, in one write that only one can win.',
      ...(visits > 1
        ? [`It was brought ${visits} times. The first counts; what came of it is shown to the others.`]
        : []),
    ],
    tables: [{ caption: 'Parameters', rows: rowsOf(parts) }],
    curl: curlOf({ method: 'GET', url: `${publicUrl}/callback`, parts, cookies: 'b' }),
    lines: [
      ['src/connect/callback.ts', 'readCallback'],
      ['src/connect/attempts.ts', 'spend'],
    ],
  };
}

function tokenCall(call: Call, arrivedAt: number, { apiUrl }: Places): Timed {
  const { answer, ...step } = callStep(call, apiUrl);
  if (call.sent.path === 'v2/signature') {
    return {
      ...step,
      at: call.at,
      title: 'A nonce for the signature',
      said: [answer],
      lines: [['src/withings/signed-calls.ts', 'askNonce']],
    };
  }
  return {
    ...step,
    at: call.at,
    title: 'The code becomes tokens',
    said: [
      `The code had been here for ${tookWords(call.at - arrivedAt)} when it was used; Withings takes it for 30 seconds. This goes from server to server, once, and is never repeated.`,
      answer,
    ],
    lines: [
      ['src/withings/oauth2.ts', 'redeem'],
      ['src/withings/answers.ts', 'readAnswer'],
    ],
  };
}

function endings({ at, location, cookies }: NonNullable<Attempt['landed']>): Timed[] {
  const names = Object.keys(grantContent.shape).filter((name) => name !== 'v');
  return [
    {
      at,
      title: 'What is stored',
      hops: [[APP, APP]],
      said: [
        'One transaction, durable before anybody is answered: the grant, the new session, the spent attempt. The grant is sealed (AES-256-GCM, under a key from SESSION_SECRET); sessions are known by a hash.',
        `Its fields: ${names.join(', ')}.`,
      ],
      lines: [
        ['src/tokens/changes.ts', 'begun'],
        ['src/session/session.ts', 'signIn'],
      ],
    },
    {
      at,
      title: 'A new session, and the way on',
      hops: [[APP, BROWSER]],
      said: [`HTTP 303 leads to ${location}, whose address holds nothing of the code. The tokens stay here.`],
      tables: [{ caption: 'Cookies that the answer sets', rows: cookieRows(cookies) }],
      lines: [['src/connect/routes.ts', 'respond']],
    },
  ];
}

/** What went wrong went wrong at the last thing that was said. */
function stopped(steps: Step[], { outcome, callback }: Attempt): Step[] {
  const last = steps.at(-1);
  if (!last || !callback || outcome === 'connected') return steps;
  const end = outcome === null ? { isOpen: true } : { problem: endOf(outcome) };
  return [...steps.slice(0, -1), { ...last, ...end }];
}

/** Cookies are told by what they are for: `__Host-withings-connect`, `withings-connect-3000`. */
function cookieRows(cookies: Cookie[]) {
  return cookies.map(({ name, length, attributes }) => ({
    name,
    value: `${length === 0 ? 'empty' : `hidden, ${length} characters`}; ${attributes.replace(/(Max-Age=\d+).*?Expires=[^;]*/, '$1')}`,
    why: COOKIES[/withings-(\w+)/.exec(name)?.[1] ?? ''] ?? '',
  }));
}
