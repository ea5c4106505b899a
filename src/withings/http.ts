import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import type { AxiosRequestConfig, AxiosStatic } from 'axios';
import type { Priority, Turn, Wanted } from './rate-limit.ts';
import { TunnelAgent } from './tunnels.ts';

/** What came back over the wire: an answer in text, or why there is none. */
export type Reply =
  | { kind: 'answer'; httpStatus: number; text: string; date: string | undefined }
  | { kind: 'silence'; why: 'timeout' | 'unreachable' | 'too-large' }
  /** Not sent: our share of calls is used up for so long. */
  | { kind: 'unsent'; retryAfterSeconds: number };

/** One file, where `import` reads sixty: at each start half of what axios costs. */
const axios: AxiosStatic = createRequire(import.meta.url)('axios');

export type Post = (path: string, fields: Record<string, string>, accessToken?: string) => Promise<Reply>;

/** A turn that somebody has waited for, or the priority at which each call takes its own. */
export type Via = Turn | Priority;

/** A way to post. `signal` ends the wait for a turn, not the call. */
export type PostAt = (via: Via, signal?: AbortSignal) => Post;

/** A call that is about to be made, with all that is in it. */
export interface Request {
  path: string;
  fields: Record<string, string>;
  accessToken: string | undefined;
  /** Whose turn it is made in; null: nobody's. */
  person: string | null;
}

export interface Told {
  onCall?: (endpoint: string, request: Request) => (reply: Reply) => void;
  onNoAnswer?: ((what: NoAnswer) => void) | undefined;
}

/** A call that brought nothing to read, for who looks for the cause: never a token, a field or an answer. */
export interface NoAnswer {
  path: string;
  /** Of the system (`ECONNRESET`), of axios, or `timeout`; null where there was an HTTP status. */
  code: string | null;
  httpStatus: number | null;
  /** It went out on a connection that was open already: the other side may have closed it meanwhile. */
  reusedSocket: boolean;
}

/** A pair of tokens is small. A person's year is several hundred KB (recorded), ten years are several MB. */
const MAX_ANSWER_BYTES = 256 * 1024;
const MAX_DATA_BYTES = 8 * 1024 * 1024;

/**
 * Posts a form to Withings. Never throws, never retries, and never lets an axios error out: those carry the
 * client secret and the tokens of the request.
 *
 * @param apiUrl base of the API, ends in a slash
 * @param proxy that https calls go through; null: none
 * @param timeoutMs total deadline of one call in milliseconds, body included
 * @param told when a call begins, what came back, and why it brought nothing
 * @param waitForTurn resolves to a turn, or to the milliseconds that are missing
 * @param isBusy says of a reply that there were too many calls
 */
export function createPost(
  apiUrl: string,
  proxy: URL | null,
  timeoutMs: number,
  { onCall, onNoAnswer = () => {} }: Told,
  waitForTurn: (wanted: Wanted, signal?: AbortSignal) => Promise<Turn | number>,
  isBusy: (reply: Reply) => boolean,
): PostAt {
  const wire = axios.create({
    adapter: 'http',
    maxRedirects: 0, // a 307 would post the secret to another origin
    proxy: false, // the agents know of one
    responseType: 'text',
    transformResponse: [], // axios hands truncated JSON through as a string; we parse it ourselves
    validateStatus: () => true,
  });

  const keepAlive = agents(true, proxy, timeoutMs);
  const oneCall = agents(false, proxy, timeoutMs); // a refresh must not go out on a connection that the other side is closing

  function optionsOf(accessToken: string | undefined): AxiosRequestConfig {
    if (accessToken === undefined) return { ...oneCall, maxContentLength: MAX_ANSWER_BYTES };
    const headers = { Authorization: `Bearer ${accessToken}` };
    return { ...keepAlive, maxContentLength: MAX_DATA_BYTES, headers };
  }

  const post: Post = async (path, fields, accessToken) => {
    // axios' own timeout lets a dripping body run on; a signal ends the whole call.
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const options = { ...optionsOf(accessToken), signal };
      const answer = await wire.post<unknown>(apiUrl + path, new URLSearchParams(fields), options);
      const { status, data, headers, request } = answer;
      if (status !== 200)
        onNoAnswer({ path, code: null, httpStatus: status, reusedSocket: request.reusedSocket });
      return { kind: 'answer', httpStatus: status, text: String(data), date: headers.date };
    } catch (error) {
      const { code, reusedSocket } = causeOf(error);
      onNoAnswer({ path, code: signal.aborted ? 'timeout' : code, httpStatus: null, reusedSocket });
      if (signal.aborted) return { kind: 'silence', why: 'timeout' };
      return { kind: 'silence', why: isTooLarge(error) ? 'too-large' : 'unreachable' };
    }
  };

  return (via, signal) => async (path, fields, accessToken) => {
    const person = personOf(via);
    async function call(): Promise<Reply> {
      const ended = onCall?.(endpointOf(path, fields), { path, fields, accessToken, person });
      const reply = await post(path, fields, accessToken);
      ended?.(reply);
      return reply;
    }
    const begun = typeof via === 'string' ? null : via.use(call, isBusy);
    if (begun) return begun;
    const wanted = { calls: 1, ...(typeof via === 'string' ? nobodys(via) : moreOf(via)) };
    const turn = await waitForTurn(wanted, signal);
    if (typeof turn === 'number') return { kind: 'unsent', retryAfterSeconds: Math.ceil(turn / 1000) };
    try {
      return (await turn.use(call, isBusy)) ?? { kind: 'unsent', retryAfterSeconds: 1 };
    } finally {
      turn.end();
    }
  };
}

/** Such as `oauth2.requesttoken`: Withings has several actions under one path. */
function endpointOf(path: string, { action = 'none' }: Record<string, string>): string {
  return `${path.replace(/^v2\//, '')}.${action}`;
}

function personOf(via: Via): string | null {
  return typeof via === 'string' ? null : via.person;
}

function nobodys(priority: Priority) {
  return { priority, person: null };
}

/** A list has more pages than was known. */
function moreOf({ priority, person }: Turn) {
  return { priority, person, isBegun: true };
}

function causeOf(error: unknown): { code: string | null; reusedSocket: boolean } {
  if (!axios.isAxiosError(error)) return { code: null, reusedSocket: false };
  return { code: error.code ?? null, reusedSocket: error.request?.reusedSocket === true };
}

function agents(keepAlive: boolean, proxy: URL | null, timeoutMs: number) {
  const options = { keepAlive };
  const httpsAgent = proxy ? new TunnelAgent(proxy, timeoutMs, options) : new https.Agent(options);
  return { httpAgent: new http.Agent(options), httpsAgent };
}

function isTooLarge(error: unknown): boolean {
  return axios.isAxiosError(error) && /maxContentLength/.test(error.message);
}
