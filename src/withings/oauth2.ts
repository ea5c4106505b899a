import { createHmac } from 'node:crypto';
import { code, demoPair, nonce, nothing, readAnswer, type TokenPair, tokenPair } from './answers.ts';
import { type Result, refuse } from './errors.ts';
import type { Post, PostAt, Reply } from './http.ts';

export interface OAuth2Options {
  clientId: string;
  clientSecret: string;
  /** How token calls prove who we are: by sending the secret, or by signing a nonce with it. */
  auth: 'secret' | 'signature';
  /** The registered callback URL, byte for byte the same in both calls. */
  redirectUri: string;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Tokens without a user id: Withings does not say whose the demo's are. */
export type DemoPair = Omit<TokenPair, 'userId' | 'scope'>;

/** Withings' `v2/oauth2`: pairs of tokens and their end. */
export interface OAuth2 {
  /** Exchanges an authorization code. One from a browser lives 30 seconds, one from a server ten minutes; once. */
  redeem(code: string): Promise<Result<TokenPair>>;
  /** Exchanges a refresh token. The answer carries a new one, which replaces it. */
  refresh(refreshToken: string): Promise<Result<TokenPair>>;
  /** Ends every token of this user for our application, and its notifications. */
  revoke(userId: string): Promise<Result<null>>;
  /**
   * A new authorization code for a user whose account our application made (cellular, SDK); all others have to be
   * asked again. Withings, "recoverauthorizationcode": by contract only.
   */
  recover(userId: string): Promise<Result<string>>;
  /** Tokens of Withings' demo user without a browser (Withings, "getdemoaccess"). */
  demoAccess(scope: string[]): Promise<Result<DemoPair>>;
}

export type Signed = (path: string, action: string, fields: Record<string, string>) => Promise<Result<Reply>>;

export function createOAuth2(postAt: PostAt, options: OAuth2Options): OAuth2 {
  const { clientId, clientSecret, redirectUri } = options;
  const signed = createSigned(postAt('token'), options);

  async function requestToken(post: Post, grant: Record<string, string>): Promise<Result<TokenPair>> {
    const action = 'requesttoken';
    const sent: Result<Reply> =
      options.auth === 'signature'
        ? await createSigned(post, options)('v2/oauth2', action, grant)
        : {
            ok: true,
            value: await post('v2/oauth2', {
              action,
              client_id: clientId,
              client_secret: clientSecret,
              ...grant,
            }),
          };
    return sent.ok ? readAnswer(sent.value, tokenPair) : sent;
  }

  return {
    redeem: (value) =>
      requestToken(postAt('code'), {
        grant_type: 'authorization_code',
        code: value,
        redirect_uri: redirectUri,
      }),
    refresh: (refreshToken) =>
      requestToken(postAt('token'), { grant_type: 'refresh_token', refresh_token: refreshToken }),
    async revoke(userId) {
      const sent = await signed('v2/oauth2', 'revoke', { userid: userId });
      return sent.ok ? readAnswer(sent.value, nothing) : sent;
    },
    async recover(userId) {
      const sent = await signed('v2/oauth2', 'recoverauthorizationcode', { userid: userId });
      return sent.ok ? readAnswer(sent.value, code) : sent;
    },
    async demoAccess(scope) {
      const sent = await signed('v2/oauth2', 'getdemoaccess', { scope_oauth2: scope.join(',') });
      return sent.ok ? readAnswer(sent.value, demoPair) : sent;
    },
  };
}

/** Makes calls that prove who calls without sending the secret: one fresh nonce for one call, never used again. */
export function createSigned(
  post: Post,
  { clientId, clientSecret, now }: Pick<OAuth2Options, 'clientId' | 'clientSecret' | 'now'>,
): Signed {
  return async (path, action, fields) => {
    const asked = { action: 'getnonce', client_id: clientId, timestamp: String(Math.floor(now() / 1000)) };
    const signature = { signature: sign(asked, clientSecret) };
    const reply = await post('v2/signature', { ...asked, ...signature });
    const fresh = readAnswer(reply, nonce);
    if (!fresh.ok) {
      const { code: why, status } = fresh.refusal;
      const isClock = why !== 'withings-busy' && status !== null && clockIsOff(reply, now());
      return isClock ? refuse('clock-wrong', { status }) : fresh;
    }
    const proof = { action, client_id: clientId, nonce: fresh.value };
    const signed = { ...proof, signature: sign(proof, clientSecret), ...fields };
    return { ok: true, value: await post(path, signed) };
  };
}

/** How far a timestamp may be off is not documented; an honest clock is never this far off. */
const CLOCK_SLACK_MS = 60_000;

/** Withings says what time it is with every answer (RFC 9110 6.6.1). */
function clockIsOff(reply: Reply, now: number): boolean {
  const theirs = Date.parse(reply.kind === 'answer' ? (reply.date ?? '') : '');
  return Math.abs(theirs - now) > CLOCK_SLACK_MS;
}

/**
 * Withings' request signature: HMAC-SHA256 over the values of the signed parameters, in the alphabetical order of
 * their names, joined by commas; lower-case hex. Only `action`, `client_id` and `nonce` (for getnonce:
 * `timestamp`) are signed. Source: Withings, "Sign your requests".
 */
export function sign(parameters: Record<string, string>, clientSecret: string): string {
  const values = Object.keys(parameters)
    .sort()
    .map((name) => parameters[name]);
  return createHmac('sha256', clientSecret).update(values.join(',')).digest('hex');
}
