import { isBusy, outcomeOf } from './answers.ts';
import type { Issuer } from './clouds.ts';
import { createDataCalls, type DataCalls } from './data-calls.ts';
import { type Answered, type Sent, tellAnswered, tellSent } from './exchange.ts';
import { createPost, type NoAnswer, type Post, type Reply, type Request, type Via } from './http.ts';
import { createOAuth2, type OAuth2, type OAuth2Options } from './oauth2.ts';
import { createPartner, type Partner } from './partner.ts';
import {
  type OnTurn,
  type RateLimit,
  type Turn,
  UNLIMITED,
  type Wait,
  type Wanted,
  waitForTurn,
} from './rate-limit.ts';
import { createSignedCall } from './signed-calls.ts';

/** The Withings calls this program makes. Every refusal is a value; nothing here throws or retries. */
export interface Withings extends OAuth2, DataCalls, Partner {
  /** Whose user ids and tokens these are: those of another one mean nothing here. */
  readonly issuer: Issuer;
  /** What this application asks a person for. */
  readonly scope: string[];
  /** Who an `iss` of a callback has to name (RFC 9207). */
  readonly authorizeOrigin: string;
  /** Where the browser is sent to ask for consent (RFC 6749 4.1.1; Withings, "OAuth authorization URL"). */
  authorizeUrl(state: string, demo: boolean): string;
  /** How many calls a refresh takes. */
  readonly callsPerRefresh: number;
  /**
   * Lets calls in together, before the first of them; or says how many milliseconds are missing.
   *
   * @param signal ends the wait
   */
  turn(wanted: Wanted, signal?: AbortSignal): Promise<Turn | number>;
  /**
   * The data calls within a turn, or at another priority than a visitor's.
   *
   * @param signal ends the wait for a turn; what has not been sent by then is `quota-used-up`
   * @param onReply is shown what was asked, and what came back as it came
   */
  at(via: Via, signal?: AbortSignal, onReply?: OnReply): DataCalls;
  /** Logs this browser out of Withings and goes on to authorize (Withings' FAQ), for another account. */
  logoutUrl(authorizeUrl: string): string;
  /** Withings' own page on which this person can remove our application; null: whoever is signed in there. */
  removalPage(userId: string | null): string;
}

export type OnReply = (request: Omit<Request, 'person'>, reply: Reply) => void;

export interface WithingsOptions extends OAuth2Options {
  issuer: Issuer;
  scope: string[];
  authorizeUrl: string;
  /** Base of the API; ends in a slash. */
  apiUrl: string;
  /** What calls go through; none by default. */
  proxy?: URL | null;
  /** Total deadline of one call in milliseconds, body included. */
  timeoutMs: number;
  /** Spreads calls over the minute as Withings allows; without it each is sent at once. */
  rateLimit?: RateLimit;
  /** How a turn is waited for: by default on this machine's clock. */
  sleep?: Wait;
  /** Told how many pieces of a list made no sense, or cannot be, and were left out. */
  onSkipped?: (action: string, count: number) => void;
  /** Told when a call begins, by service and action; what it returns is told how the call ended. */
  onCall?: ((endpoint: string) => (outcome: string) => void) | undefined;
  /** Told of each call and of its answer, as far as anybody may know; what this returns is told the answer. */
  onExchange?: ((sent: Sent) => (answered: Answered) => void) | undefined;
  /** Told of each turn that was given or refused. */
  onTurn?: OnTurn | undefined;
  /** Told why a call brought no answer. */
  onNoAnswer?: (what: NoAnswer) => void;
}

/** Asks Withings nothing before one of the calls is made. @throws TypeError where `authorizeUrl` is no URL */
export function createWithings(options: WithingsOptions): Withings {
  const { clientId, redirectUri } = options;
  const { rateLimit = UNLIMITED, sleep, onTurn, onCall, onExchange } = options;
  const account = options.authorizeUrl.replace(/oauth2_user\/authorize2$/, '');
  const turn = (wanted: Wanted, signal?: AbortSignal) =>
    waitForTurn(rateLimit, wanted, signal, sleep, onTurn);
  const postAt = createPost(
    options.apiUrl,
    options.proxy ?? null,
    options.timeoutMs,
    {
      onNoAnswer: options.onNoAnswer,
      onCall(endpoint, request) {
        const ended = onCall?.(endpoint);
        const answered = onExchange?.(tellSent(request));
        return (reply) => {
          ended?.(outcomeOf(reply));
          answered?.(tellAnswered(reply, request));
        };
      },
    },
    turn,
    isBusy,
  );

  return {
    issuer: options.issuer,
    scope: options.scope,
    authorizeOrigin: new URL(options.authorizeUrl).origin,
    ...createOAuth2(postAt, options),
    ...createPartner(createSignedCall(postAt('code'), options)),
    ...createDataCalls(postAt('data'), options),
    callsPerRefresh: options.auth === 'signature' ? 2 : 1, // a nonce first
    turn,
    at: (via, signal, onReply) => createDataCalls(overheard(postAt(via, signal), onReply), options),
    authorizeUrl(state, demo) {
      const url = new URL(options.authorizeUrl);
      url.search = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        state,
        scope: options.scope.join(','),
        redirect_uri: redirectUri,
        ...(demo ? { mode: 'demo' } : {}),
      }).toString();
      return url.href;
    },
    logoutUrl: (authorizeUrl) => `${account}logout?${new URLSearchParams({ r: authorizeUrl })}`,
    removalPage(userId) {
      const page = `${account}partner/disconnect_partner/${encodeURIComponent(clientId)}`;
      return userId === null ? page : `${page}?selecteduser=${userId}`;
    },
  };
}

function overheard(post: Post, onReply?: OnReply): Post {
  if (!onReply) return post;
  return async (path, fields, accessToken) => {
    const reply = await post(path, fields, accessToken);
    onReply({ path, fields, accessToken }, reply);
    return reply;
  };
}
