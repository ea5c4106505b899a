import http from 'node:http';
import https from 'node:https';
import axios from 'axios';
import type { Priority, Turn, Wanted } from './rate-limit.ts';

/** What came back over the wire: an answer in text, or why there is none. */
export type Reply =
  | { kind: 'answer'; httpStatus: number; text: string; date: string | undefined }
  | { kind: 'silence'; why: 'timeout' | 'unreachable' | 'too-large' }
  /** Not sent: our share of calls is used up for so long. */
  | { kind: 'unsent'; retryAfterSeconds: number };

export type Post = (path: string, fields: Record<string, string>, accessToken?: string) => Promise<Reply>;

/** A turn that somebody has waited for, or the priority at which each call takes its own. */
export type Via = Turn | Priority;

/** A way to post. `signal` ends the wait for a turn, not the call. */
export type PostAt = (via: Via, signal?: AbortSignal) => Post;

/** A pair of tokens is small. A person's year is several hundred KB (recorded), ten years are several MB. */
const MAX_ANSWER_BYTES = 256 * 1024;
const MAX_DATA_BYTES = 8 * 1024 * 1024;

/**
 * Posts a form to Withings. Never throws, never retries, and never lets an axios error out: those carry the
 * client secret and the tokens of the request.
 *
 * @param apiUrl base of the API, ends in a slash
 * @param timeoutMs total deadline of one call in milliseconds, body included
 * @param waitForTurn resolves to a turn, or to the milliseconds that are missing
 */
export function createPost(
  apiUrl: string,
  timeoutMs: number,
  waitForTurn: (wanted: Wanted, signal?: AbortSignal) => Promise<Turn | number>,
): PostAt {
  const wire = axios.create({
    adapter: 'http',
    httpAgent: new http.Agent({ keepAlive: true }),
    httpsAgent: new https.Agent({ keepAlive: true }),
    maxRedirects: 0, // a 307 would post the secret to another origin
    proxy: false,
    responseType: 'text',
    transformResponse: [], // axios hands truncated JSON through as a string; we parse it ourselves
    validateStatus: () => true,
  });

  const post: Post = async (path, fields, accessToken) => {
    // axios' own timeout lets a dripping body run on; a signal ends the whole call.
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await wire.post<unknown>(apiUrl + path, new URLSearchParams(fields), {
        signal: deadline,
        maxContentLength: accessToken === undefined ? MAX_ANSWER_BYTES : MAX_DATA_BYTES,
        headers: accessToken === undefined ? {} : { Authorization: `Bearer ${accessToken}` },
      });
      const { status, data, headers } = answer;
      return { kind: 'answer', httpStatus: status, text: String(data), date: headers.date };
    } catch (error) {
      if (deadline.aborted) return { kind: 'silence', why: 'timeout' };
      return { kind: 'silence', why: isTooLarge(error) ? 'too-large' : 'unreachable' };
    }
  };

  return (via, signal) => async (path, fields, accessToken) => {
    if (typeof via !== 'string' && via.use()) return post(path, fields, accessToken);
    const priority = typeof via === 'string' ? via : via.priority;
    const turn = await waitForTurn({ priority, calls: 1, person: null }, signal);
    if (typeof turn === 'number') return { kind: 'unsent', retryAfterSeconds: Math.ceil(turn / 1000) };
    turn.use();
    return post(path, fields, accessToken).finally(turn.end);
  };
}

function isTooLarge(error: unknown): boolean {
  return axios.isAxiosError(error) && error.message.startsWith('maxContentLength');
}
