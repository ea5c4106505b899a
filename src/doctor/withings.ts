import { isBusy } from '../withings/answers.ts';
import type { Cloud } from '../withings/clouds.ts';
import type { Result } from '../withings/errors.ts';
import { createPost, type NoAnswer, type Post } from '../withings/http.ts';
import { UNLIMITED } from '../withings/rate-limit.ts';
import { askNonce, CLOCK_SLACK_MS, timeOf } from '../withings/signed-calls.ts';
import { type Finding, fails, ok, warn } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

/** Withings' Date has whole seconds, and an answer takes some. */
const DOUBTFUL_MS = 10_000;

interface Asked {
  nonce: Result<string>;
  /** By how much our clock is ahead of theirs; null: they did not say. */
  aheadMs: number | null;
  silence: NoAnswer | null;
}

/** One signed call, which proves id, secret and cloud without a person; another one where that goes wrong. */
export async function checkWithings(around: Surroundings): Promise<Finding[]> {
  const { config, clouds } = around;
  const { apiUrl, sandbox } = config.withings;
  const asked = await ask(apiUrl, around);
  const clock = sandbox ? [] : checkClock(asked.aheadMs); // whose clock a person moves
  if (asked.nonce.ok)
    return [ok(`Withings at ${new URL(apiUrl).host} knows this id and this secret.`), ...clock];
  const { code, status } = asked.nonce.refusal;
  if (code === 'clock-wrong') return clock;
  if (status === null) return [...silent(asked, around), ...clock];
  if (code === 'withings-busy')
    return [
      warn(
        'Withings has no time for this call (601).',
        'Run this again in some minutes: nothing is known of the credentials.',
      ),
      ...clock,
    ];

  const words = `Withings at ${new URL(apiUrl).host} refuses this id or this secret (their status ${status})`;
  const other = otherCloud(around);
  if (other !== null && (await ask(clouds[other].apiUrl, around)).nonce.ok) {
    return [fails(`${words}, and the ${NAMES[other]} knows them.`, `Set WITHINGS_CLOUD=${other}.`), ...clock];
  }
  const elsewhere = other === null ? '' : `, and so does the ${NAMES[other]}`;
  return [
    fails(
      `${words}${elsewhere}.`,
      'Copy WITHINGS_CLIENT_ID and WITHINGS_CLIENT_SECRET from the developer dashboard again.',
    ),
    ...clock,
  ];
}

const NAMES: Record<Cloud, string> = { eu: 'world-wide cloud (eu)', us: 'US Medical Cloud (us)' };

function otherCloud({ config, isAtWithings }: Surroundings): Cloud | null {
  if (!isAtWithings) return null;
  return config.withings.issuer === 'us' ? 'eu' : 'us';
}

async function ask(apiUrl: string, { config, clocks }: Surroundings): Promise<Asked> {
  const { proxy, timeoutMs, clientId, clientSecret } = config.withings;
  const { now } = clocks;
  let silence: NoAnswer | null = null;
  let aheadMs: number | null = null;
  const onNoAnswer = (what: NoAnswer) => {
    silence = what;
  };
  const send = createPost(
    apiUrl,
    proxy,
    timeoutMs,
    { onCall: () => () => {}, onNoAnswer },
    UNLIMITED,
    isBusy,
  )('token');
  const post: Post = async (...call) => {
    const reply = await send(...call);
    const theirs = timeOf(reply);
    aheadMs = theirs === null ? null : now() - theirs;
    return reply;
  };
  const nonce = await askNonce(post, { clientId, clientSecret, now });
  return { nonce, aheadMs, silence };
}

function checkClock(aheadMs: number | null): Finding[] {
  if (aheadMs === null) return [];
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const words = `The clock of this machine is ${seconds} seconds ${aheadMs > 0 ? 'ahead of' : 'behind'} Withings' clock`;
  const todo = 'Switch on NTP: signatures carry the time.';
  if (seconds * 1000 > CLOCK_SLACK_MS) return [fails(`${words}.`, todo)];
  return [
    seconds * 1000 > DOUBTFUL_MS
      ? warn(`${words}.`, todo)
      : ok('The clock of this machine agrees with that of Withings.'),
  ];
}

function silent({ silence }: Asked, { config }: Surroundings): Finding[] {
  const { apiUrl, sandbox, proxy } = config.withings;
  if (sandbox)
    return [fails('The sandbox is in the app, which does not answer.', 'Start the app, and run this again.')];
  const why =
    silence?.code ?? (silence?.httpStatus ? `HTTP ${silence.httpStatus}` : 'an answer that cannot be read');
  const through = proxy ? ` through the proxy ${proxy.host}` : '';
  return [
    fails(
      `Withings at ${new URL(apiUrl).host} does not answer${through}: ${why}.`,
      'Look at the way out of this network: the name, port 443, HTTPS_PROXY.',
    ),
  ];
}
