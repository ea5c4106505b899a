/** What Withings sent the browser back with, as far as its form goes; believed only once the state is spent. */
export type Callback =
  | { form: 'malformed' }
  | { form: 'code'; state: string; code: string }
  | { form: 'denied'; state: string }
  | { form: 'declined'; state: string };

export type Visit = Exclude<Callback, { form: 'malformed' }>;

/** Something sealed: see encryption.ts. */
const STATE = /^[0-9a-f]{8}\.[\w-]{16}\.[\w-]{64,600}$/;
const CODE = /^[\x21-\x7e]{1,512}$/;

/**
 * Reads the query of a callback (RFC 6749 4.1.2): a code or an error, with the state, each exactly once.
 * `iss` (RFC 9207) is never sent by Withings; if it is there it must at least name Withings.
 *
 * @param issuer origin of the authorize page
 */
export function readCallback(query: Record<string, unknown>, issuer: string): Callback {
  const { state, code, error, iss } = query;
  if (typeof state !== 'string' || !STATE.test(state)) return { form: 'malformed' };
  if (iss !== undefined && iss !== issuer) return { form: 'malformed' };
  if (error !== undefined) {
    if (typeof error !== 'string' || code !== undefined) return { form: 'malformed' };
    return { form: error === 'access_denied' ? 'denied' : 'declined', state };
  }
  return typeof code === 'string' && CODE.test(code) ? { form: 'code', state, code } : { form: 'malformed' };
}
