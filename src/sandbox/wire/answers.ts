/** Withings answers HTTP 200 throughout; `status` in the body is the verdict. Keys in this order (seen). */
export interface Answer {
  status: number;
  body: object;
  error?: string;
}

export function success(body: object): Answer {
  return { status: 0, body };
}

export function refuse(status: number, error: string, body: object = {}): Answer {
  return { status, body, error };
}

/** 503 is not an outage: it is Withings' word for parameters it does not accept. */
export function invalidParams(detail: string): Answer {
  return refuse(503, `Invalid Params: ${detail}`);
}

/** @differs refusals (S): 503 `Invalid Params: invalid code`, whether unknown, expired or spent */
export const invalidCode = invalidParams('invalid code');
/** @differs refusals (S): 503 `Invalid Params: invalid refresh_token`, whether unknown, expired or replaced */
export const invalidRefreshToken = invalidParams('invalid refresh_token');
/** @differs refusals (I): 503 `Invalid Params: refresh_token` where it is missing (the length was seen) */
export const missingRefreshToken = invalidParams('refresh_token');
/** @differs refusals (S): 503 `Invalid Params: invalid client id/secret` */
export const invalidClient = invalidParams('invalid client id/secret');
/** @differs refusals (I): 503 `Invalid Params: invalid grant_type` (an older FAQ spells it differently) */
export const invalidGrantType = invalidParams('invalid grant_type');
/** @differs refusals (S): 293 `Wrong redirect_uri - Please use same a…`; the rest of the words: I */
export const wrongRedirectUri = refuse(293, 'Wrong redirect_uri - Please use same as in authorize request');
/** @differs refusals (S): 2554 `Not implemented` for an unknown action */
export const notImplemented = refuse(2554, 'Not implemented');
/** @differs refusals (S): 401 `XRequestID: Not provided invalid_token: …` for a dead or unknown access token, with HTTP 200 */
export const invalidToken = refuse(
  401,
  'XRequestID: Not provided invalid_token: The access token provided is invalid',
);
/** @differs refusals (I): 2553 `Insufficient_scope` (the words were seen, the number is one of its family) */
export const insufficientScope = refuse(2553, 'Insufficient_scope');
/** @differs refusals (I): 522 `Timeout` (the number is documented) */
export const timeout = refuse(522, 'Timeout');
/** @differs refusals (I): 601 `Too Many Requests` beyond 120 calls a minute (the number is documented) */
export const tooManyRequests = refuse(601, 'Too Many Requests');
/** @differs refusals (I): 342 for a wrong signature, 343 for a wrong nonce, as in older lists */
export const invalidSignature = refuse(342, 'The signature is invalid');
export const invalidNonce = refuse(343, 'The nonce is invalid');

/** @differs refusals (S): 601 `Same arguments in less than 10 seconds` with `wait_seconds`, whatever the token, for the same account */
export function sameArguments(waitSeconds: number): Answer {
  return refuse(601, 'Same arguments in less than 10 seconds', { wait_seconds: waitSeconds });
}
