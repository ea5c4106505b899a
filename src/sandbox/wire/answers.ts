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

/** Seen. Unknown, expired and spent codes are not told apart. */
export const invalidCode = invalidParams('invalid code');
/** Seen. Unknown, expired and rotated ones are not told apart. */
export const invalidRefreshToken = invalidParams('invalid refresh_token');
/** The length of the answer was seen, these words are inferred from it. */
export const missingRefreshToken = invalidParams('refresh_token');
/** Seen. */
export const invalidClient = invalidParams('invalid client id/secret');
/** Documented in the FAQ, in an older spelling. */
export const invalidGrantType = invalidParams('invalid grant_type');
/** Seen up to "same a"; the rest is inferred. */
export const wrongRedirectUri = refuse(293, 'Wrong redirect_uri - Please use same as in authorize request');
/** Seen. */
export const notImplemented = refuse(2554, 'Not implemented');
/** Seen, with HTTP 200. */
export const invalidToken = refuse(
  401,
  'XRequestID: Not provided invalid_token: The access token provided is invalid',
);
/** The words were seen, the number is inferred from its family, "Unauthorized". */
export const insufficientScope = refuse(2553, 'Insufficient_scope');
/** The number is documented as "Timeout", the words are inferred. */
export const timeout = refuse(522, 'Timeout');
/** The quota and its number are documented, the words are inferred. */
export const tooManyRequests = refuse(601, 'Too Many Requests');
/** Both inferred: older lists call 342 a wrong signature and 343 a wrong nonce. */
export const invalidSignature = refuse(342, 'The signature is invalid');
export const invalidNonce = refuse(343, 'The nonce is invalid');

/** Seen, and the only hint on the wire of when to come back. */
export function sameArguments(waitSeconds: number): Answer {
  return refuse(601, 'Same arguments in less than 10 seconds', { wait_seconds: waitSeconds });
}
