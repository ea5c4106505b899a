import { createHmac } from 'node:crypto';

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
