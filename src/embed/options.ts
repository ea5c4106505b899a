import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import type { Log } from '../operations/logging.ts';
import type { Store } from '../store/store.ts';
import type { Clocks } from '../time/clocks.ts';
import type { CustodySettings } from '../tokens/custody.ts';
import { CLOUDS, type Cloud, issuerAt } from '../withings/clouds.ts';

/** What is `undefined` counts as left out, as it comes from an environment. */
export interface ConnectOptions<Req extends IncomingMessage = Request> {
  /** Where the router is mounted, as browsers see it, without a slash at its end; `<url>/callback` is registered. */
  url: string;
  withings: {
    clientId: string | undefined;
    clientSecret: string | undefined;
    /** Default: `user.info`, `user.metrics` and `user.activity`. */
    scope?: string[] | undefined;
    cloud?: Cloud | undefined;
    /** `signature`: nonce and HMAC, the secret is never sent. Default: `secret`. */
    auth?: 'secret' | 'signature' | undefined;
    /** Dead refresh tokens are replaced, where the contract with Withings allows it. */
    recover?: boolean | undefined;
    /** Base of another Withings, such as a sandbox, with people of its own; it ends in a slash. */
    apiUrl?: string | undefined;
    /** Its authorize page. Default: `oauth2_user/authorize2` below `apiUrl`. */
    authorizeUrl?: string | undefined;
    /** That address is a gateway to the real one. */
    issuer?: Cloud | undefined;
    /** Total deadline of one call, body included. Default: 10,000. */
    timeoutMs?: number | undefined;
    /** What your contract with Withings allows this application. Default: 120. */
    callsPerMinute?: number | undefined;
  };
  store: Store;
  clocks: Clocks;
  /** Who is signed in to your application: any string that stays the same. Null, undefined or empty: nobody. */
  owner(req: Req): string | null | undefined;
  /** Where people go after connecting or disconnecting: a path of your site. Default: `/`. */
  returnTo?: string | undefined;
  /** Withings tells of news at `<url>/webhooks/withings/…`; see `connect.on`. Default: false. */
  webhooks?: boolean | undefined;
  /** An answer with a person's data is not asked for again for so long, unless Withings tells of news. Default: 300. */
  dataFreshSeconds?: number | undefined;
  /** A pino logger, or whatever has its methods. Default: warnings to stdout. */
  log?: Log | undefined;
}

/** The options as this program means them, defaults filled in. They have been checked: checks.ts. */
export function settingsOf({
  url,
  withings,
}: Pick<ConnectOptions<IncomingMessage>, 'url' | 'withings'>): CustodySettings {
  const { clientId = '', clientSecret = '', cloud = 'eu', recover = false, callsPerMinute = 120 } = withings;
  const { apiUrl = CLOUDS[cloud].apiUrl, scope = ['user.info', 'user.metrics', 'user.activity'] } = withings;
  const issuer = withings.issuer ?? issuerAt(apiUrl);
  const authorizePage =
    issuer === 'eu' || issuer === 'us' ? CLOUDS[issuer].authorizeUrl : `${apiUrl}oauth2_user/authorize2`;
  return {
    withings: {
      clientId,
      clientSecret,
      issuer,
      redirectUri: `${url}/callback`,
      authorizeUrl: withings.authorizeUrl ?? authorizePage,
      apiUrl,
      scope,
      auth: withings.auth ?? 'secret',
      timeoutMs: withings.timeoutMs ?? 10_000,
    },
    recover,
    callsPerMinute,
    refreshMarginSeconds: 600,
    sweepSeconds: 30,
  };
}
