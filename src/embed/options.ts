import type { Request } from 'express';
import type { Log } from '../operations/logging.ts';
import type { Store } from '../store/store.ts';
import type { Clocks } from '../time/clocks.ts';
import type { CustodySettings } from '../tokens/custody.ts';
import { CLOUDS, type Cloud, issuerAt } from '../withings/clouds.ts';

export interface ConnectOptions {
  /** Where the router is mounted, as browsers see it, without a slash at its end; `<url>/callback` is registered. */
  url: string;
  withings: {
    clientId: string | undefined;
    clientSecret: string | undefined;
    /** Default: `user.info`, `user.metrics` and `user.activity`. */
    scope?: string[] | undefined;
    cloud?: Cloud | undefined;
    auth?: 'secret' | 'signature' | undefined;
    /** Dead refresh tokens are replaced, where the contract with Withings allows it. */
    recover?: boolean | undefined;
    /** Another Withings: a sandbox, with people of its own. */
    authorizeUrl?: string | undefined;
    apiUrl?: string | undefined;
    /** That address is a gateway to the real one. */
    issuer?: Cloud | undefined;
    timeoutMs?: number | undefined;
    /** What your contract with Withings allows this application. Default: 120. */
    callsPerMinute?: number | undefined;
  };
  store: Store;
  clocks: Clocks;
  /** Who is signed in to your application: any string that stays the same. Null, undefined or empty: nobody. */
  owner: (req: Request) => string | null | undefined;
  /** Where people go after connecting or disconnecting. Default: `/`. */
  returnTo?: string;
  log?: Log;
}

/**
 * The settings of an embedded connect flow, defaults filled in; what is `undefined` counts as left out, as it comes
 * from an environment.
 *
 * @throws Error when something is missing or cannot work, in words
 */
export function readOptions({ url, withings }: Pick<ConnectOptions, 'url' | 'withings'>): CustodySettings {
  const { clientId, clientSecret } = withings;
  if (!clientId || !clientSecret) throw new Error('createConnect needs withings.clientId and clientSecret');
  if (!isHttp(url) || url.endsWith('/') || /[?#]/.test(url)) {
    throw new Error(
      `createConnect needs the url of its router, such as https://app.example.com/withings, without a slash at its end (it is ${url})`,
    );
  }
  const { cloud = 'eu', recover = false, callsPerMinute = 120 } = withings;
  const { authorizeUrl = CLOUDS[cloud].authorizeUrl, apiUrl = CLOUDS[cloud].apiUrl } = withings;
  if (!isHttp(authorizeUrl) || !isHttp(apiUrl) || !apiUrl.endsWith('/')) {
    throw new Error(
      'createConnect needs http(s) URLs as withings.authorizeUrl and apiUrl, the latter with a slash at its end',
    );
  }
  return {
    withings: {
      clientId,
      clientSecret,
      issuer: withings.issuer ?? issuerAt(apiUrl),
      redirectUri: `${url}/callback`,
      authorizeUrl,
      apiUrl,
      scope: withings.scope ?? ['user.info', 'user.metrics', 'user.activity'],
      auth: withings.auth ?? 'secret',
      timeoutMs: withings.timeoutMs ?? 10_000,
    },
    recover,
    callsPerMinute,
    refreshMarginSeconds: 600,
    sweepSeconds: 30,
  };
}

/**
 * Whoever is signed in, by the application's own word; null: nobody.
 *
 * @throws TypeError for an answer that is neither text nor nothing, such as a promise: it would be everybody's name
 */
export function whoIs(owner: ConnectOptions['owner'], req: Request): string | null {
  const who: unknown = owner(req);
  if (who === null || who === undefined || who === '') return null;
  if (typeof who !== 'string') throw new TypeError('owner must return a string, or null for nobody');
  return who;
}

function isHttp(url: string): boolean {
  return URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
}
