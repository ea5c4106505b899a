import { nothing, readAnswer } from './answers.ts';
import type { Cloud } from './clouds.ts';
import {
  type ActivityDay,
  activity,
  type Device,
  devices,
  type Measure,
  measures,
  type Night,
  nights,
} from './data.ts';
import type { Result } from './errors.ts';
import { createPost } from './http.ts';
import { createNotify, type Notify } from './notify.ts';
import { createOAuth2, createSigned, type OAuth2, type OAuth2Options } from './oauth2.ts';
import { allPages } from './pages.ts';
import { createPartner, type Partner } from './partner.ts';
import type { RateLimit } from './rate-limit.ts';

/** The Withings calls this program makes. Every refusal is a value; nothing here throws or retries. */
export interface Withings extends OAuth2, Notify, Partner {
  /** Which of Withings' clouds answers: user ids and tokens of the other one mean nothing here. */
  readonly cloud: Cloud;
  /** What this application asks a person for. */
  readonly scope: string[];
  /** Who an `iss` of a callback has to name (RFC 9207): the origin of the authorize page. */
  readonly issuer: string;
  /** Where the browser is sent to ask for consent (RFC 6749 4.1.1; Withings, "OAuth authorization URL"). */
  authorizeUrl(state: string, demo: boolean): string;
  /** Body measures taken between two moments, newest first as Withings sends them. */
  measures(accessToken: string, types: number[], from: Date, until: Date): Promise<Result<Measure[]>>;
  /** Body measures that have come in or changed since then, whenever they were taken. */
  measuresChanged(accessToken: string, types: number[], since: Date): Promise<Result<Measure[]>>;
  /** Days on which something was counted since then, the running one included, in the order they come. */
  activity(accessToken: string, since: Date): Promise<Result<ActivityDay[]>>;
  /** Nights that ended since then, in the order they come. */
  nights(accessToken: string, since: Date): Promise<Result<Night[]>>;
  devices(accessToken: string): Promise<Result<Device[]>>;
  /** Uses an access token as cheaply as can be: asks for what has changed since now, which is nothing. */
  probe(accessToken: string, scope: string[], now: Date): Promise<Result<null>>;
  /** Logs this browser out of Withings and goes on to authorize (Withings' FAQ), for another account. */
  logoutUrl(authorizeUrl: string): string;
  /** Withings' own page on which this person can remove our application. */
  removalPage(userId: string): string;
}

export interface WithingsOptions extends OAuth2Options {
  cloud: Cloud;
  scope: string[];
  authorizeUrl: string;
  /** Base of the API; ends in a slash. */
  apiUrl: string;
  /** Total deadline of one call in milliseconds, body included. */
  timeoutMs: number;
  /** Spreads calls over the minute as Withings allows; without it each is sent at once. */
  rateLimit?: RateLimit;
}

export function createWithings(options: WithingsOptions): Withings {
  const { clientId, redirectUri } = options;
  const post = createPost(options.apiUrl, options.timeoutMs, options.rateLimit ?? (async () => 0));

  return {
    cloud: options.cloud,
    scope: options.scope,
    issuer: new URL(options.authorizeUrl).origin,
    ...createOAuth2(post, options),
    ...createNotify(post),
    ...createPartner(createSigned(post, options)),
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
    measures(accessToken, types, from, until) {
      const fields = {
        action: 'getmeas',
        meastypes: types.join(','),
        category: '1', // real measures, not goals
        startdate: unixSeconds(from),
        enddate: unixSeconds(until),
      };
      return allPages(post, 'measure', fields, accessToken, measures);
    },
    measuresChanged(accessToken, types, since) {
      const fields = { action: 'getmeas', meastypes: types.join(','), category: '1' };
      return allPages(post, 'measure', { ...fields, lastupdate: unixSeconds(since) }, accessToken, measures);
    },
    activity(accessToken, since) {
      const fields = { action: 'getactivity', lastupdate: unixSeconds(since) };
      const data_fields = 'steps,distance,active';
      return allPages(post, 'v2/measure', { ...fields, data_fields }, accessToken, activity);
    },
    nights(accessToken, since) {
      const fields = { action: 'getsummary', lastupdate: unixSeconds(since) };
      const data_fields = 'deepsleepduration,lightsleepduration,remsleepduration,wakeupduration,sleep_score';
      return allPages(post, 'v2/sleep', { ...fields, data_fields }, accessToken, nights);
    },
    devices(accessToken) {
      return allPages(post, 'v2/user', { action: 'getdevice' }, accessToken, devices);
    },
    logoutUrl(authorizeUrl) {
      const account = options.authorizeUrl.replace(/oauth2_user\/authorize2$/, '');
      return `${account}logout?${new URLSearchParams({ r: authorizeUrl })}`;
    },
    async probe(accessToken, scope, at) {
      const { path, fields } = cheapestCall(scope);
      return readAnswer(await post(path, { ...fields, lastupdate: unixSeconds(at) }, accessToken), nothing);
    },
    removalPage(userId) {
      const account = options.authorizeUrl.replace(/oauth2_user\/authorize2$/, '');
      return `${account}partner/disconnect_partner/${encodeURIComponent(clientId)}?selecteduser=${userId}`;
    },
  };
}

/** The scopes and their services: Withings, "OAuth authorization URL". */
function cheapestCall(scope: string[]): { path: string; fields: Record<string, string> } {
  if (scope.includes('user.metrics'))
    return { path: 'measure', fields: { action: 'getmeas', meastype: '1' } };
  if (scope.includes('user.activity')) return { path: 'v2/measure', fields: { action: 'getactivity' } };
  return { path: 'v2/user', fields: { action: 'getdevice' } };
}

function unixSeconds(date: Date): string {
  return String(Math.floor(date.getTime() / 1000));
}
