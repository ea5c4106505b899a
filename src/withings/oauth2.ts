import { z } from 'zod';
import { nothing, readAnswer } from './answers.ts';
import type { Result } from './errors.ts';
import type { Post, PostAt, Via } from './http.ts';
import { createSignedCall, type Signer } from './signed-calls.ts';

/** A fresh pair of tokens, as the token endpoint answers it. */
export interface TokenPair {
  /** Withings' user id; null where an answer to a refresh leaves it out. */
  userId: string | null;
  accessToken: string;
  refreshToken: string;
  /** What the person granted, which may be less than was asked. Null: what was asked for, or as before (RFC 6749 5.1). */
  scope: string[] | null;
  expiresInSeconds: number;
}

export interface OAuth2Options extends Signer {
  /** How token calls prove who we are: by sending the secret, or by signing a nonce with it. */
  auth: 'secret' | 'signature';
  /** The registered callback URL, byte for byte the same in both calls. */
  redirectUri: string;
}

/** Tokens without a user id: Withings does not say whose the demo's are. */
export type DemoPair = Omit<TokenPair, 'userId' | 'scope'>;

/** Withings' `v2/oauth2`: pairs of tokens and their end. */
export interface OAuth2 {
  /** Exchanges an authorization code. One from a browser lives 30 seconds, one from a server ten minutes; once. */
  redeem(code: string): Promise<Result<TokenPair>>;
  /** Exchanges a refresh token. The answer carries a new one, which replaces it. @param via by default a token's turn */
  refresh(refreshToken: string, via?: Via): Promise<Result<TokenPair>>;
  /** Ends every token of this user for our application, and its notifications. */
  revoke(userId: string, via?: Via, signal?: AbortSignal): Promise<Result<null>>;
  /**
   * A new authorization code for a user whose account our application made (cellular, SDK); all others have to be
   * asked again. Withings, "recoverauthorizationcode": by contract only.
   */
  recover(userId: string): Promise<Result<string>>;
  /** Tokens of Withings' demo user without a browser (Withings, "getdemoaccess"). */
  demoAccess(scope: string[]): Promise<Result<DemoPair>>;
}

export function createOAuth2(postAt: PostAt, options: OAuth2Options): OAuth2 {
  const { clientId, clientSecret, redirectUri } = options;
  const signedCall = createSignedCall(postAt('token'), options);

  async function requestToken(post: Post, grant: Record<string, string>): Promise<Result<TokenPair>> {
    const action = 'requesttoken';
    if (options.auth === 'signature') {
      return createSignedCall(post, options)('v2/oauth2', action, grant, tokenPair);
    }
    const secret = { client_id: clientId, client_secret: clientSecret };
    return readAnswer(await post('v2/oauth2', { action, ...secret, ...grant }), tokenPair);
  }

  return {
    redeem: (value) =>
      requestToken(postAt('code'), {
        grant_type: 'authorization_code',
        code: value,
        redirect_uri: redirectUri,
      }),
    refresh: (refreshToken, via = 'token') =>
      requestToken(postAt(via), { grant_type: 'refresh_token', refresh_token: refreshToken }),
    revoke(userId, via = 'token', signal) {
      const call = createSignedCall(postAt(via, signal), options);
      return call('v2/oauth2', 'revoke', { userid: userId }, nothing);
    },
    recover: (userId) => signedCall('v2/oauth2', 'recoverauthorizationcode', { userid: userId }, code),
    demoAccess: (scope) =>
      signedCall('v2/oauth2', 'getdemoaccess', { scope_oauth2: scope.join(',') }, demoPair),
  };
}

/** A number today, a string in older and in some newer answers; a string from here on. */
const userId = z.union([
  z.number().int().nonnegative().transform(String),
  z.string().regex(/^\d{1,20}$/, 'user id'),
]);

const token = z.string().regex(/^[\x21-\x7e]{8,2048}$/, 'token');

const seconds = z.union([
  z.number().int(),
  z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number),
]);

const pair = z.object({
  access_token: token,
  refresh_token: token,
  expires_in: seconds.pipe(z.number().min(1).max(31_536_000)),
});

const tokenPair: z.ZodType<TokenPair> = pair
  .extend({ userid: userId.optional(), scope: z.string().max(1000).nullish() })
  .transform((body) => ({
    ...pairIn(body),
    userId: body.userid ?? null,
    scope: scopesIn(body.scope ?? ''),
  }));

const demoPair: z.ZodType<DemoPair> = pair.transform(pairIn);

function pairIn(body: z.infer<typeof pair>): DemoPair {
  return {
    accessToken: body.access_token,
    refreshToken: body.refresh_token,
    expiresInSeconds: body.expires_in,
  };
}

/** Null: it names none, as if it were not there. */
function scopesIn(text: string): string[] | null {
  const scopes = text.split(/[, ]+/).filter((scope) => scope !== '');
  return scopes.length > 0 ? scopes : null;
}

/** The answers that carry a code wrap it in a user (Withings, "recoverauthorizationcode", "activate"). */
export const code: z.ZodType<string> = z
  .object({ user: z.object({ code: z.string().regex(/^[\x21-\x7e]{1,512}$/, 'code') }) })
  .transform((body) => body.user.code);
