import { join } from 'node:path';
import type { z } from 'zod';
import { CLOUDS, issuerAt } from '../withings/clouds.ts';
import {
  type Environment,
  faultsIn,
  readEnvironment,
  secretNames,
  textsFor,
  variableNames,
  variablesIn,
} from './environment.ts';
import { proxyFor } from './proxy.ts';
import { brokenRules } from './rules.ts';
import { settings } from './settings.ts';
import { doubtsAbout, misspeltNames } from './warnings.ts';
import { SANDBOX_CLIENT } from './withings.ts';
import { placeholdersIn, withoutQuotes, withoutServiceLinks, withSecretFiles } from './written.ts';

type Settings = z.output<typeof settings>;

/** Everything the program can be told from outside, read once at start. */
export type Config = ReturnType<typeof complete>;

/** `warnings`: what starts, and is probably not meant. */
export type ConfigResult = { ok: true; config: Config; warnings: string[] } | { ok: false; faults: string[] };

/** The Config of this process. */
export function readConfigOfProcess(): ConfigResult {
  try {
    return readConfig(readEnvironment());
  } catch (error) {
    return { ok: false, faults: [(error as Error).message] };
  }
}

/** Turns the environment into a Config, or into every fault at once, in plain words. */
export function readConfig(source: Record<string, string | undefined>): ConfigResult {
  const names = variableNames(settings);
  const meant = withoutServiceLinks(variablesIn(source), names);
  const bare = withoutQuotes(meant.env, names);
  const { env, faults: unread } = withSecretFiles(bare.env, secretNames(settings));
  const parsed = settings.safeParse(textsFor(settings, env));
  const faults = [
    ...bare.faults,
    ...unread,
    ...placeholdersIn(env, names),
    ...(parsed.success ? [] : faultsIn(settings, parsed.error)),
    ...(unread.length === 0 ? brokenRules(env) : []), // which ask what is set
  ];
  const others = misspeltNames(env, names);
  return parsed.success && faults.length === 0
    ? {
        ok: true,
        config: complete(parsed.data, env),
        warnings: [...meant.warnings, ...others, ...doubtsAbout(env)],
      }
    : { ok: false, faults: [...faults, ...others] };
}

/** The settings, and what follows from them. */
function complete(given: Settings, env: Environment) {
  const sandbox = given.withings.clientId === undefined;
  /** The only source of every absolute URL; an origin without a trailing slash. */
  const publicUrl = new URL(given.publicUrl ?? `http://localhost:${given.port}`).origin;
  return {
    ...given,
    publicUrl,
    inspect: given.inspect ?? sandbox,
    /** Where this machine reaches the program, whatever name browsers use for it. */
    localUrl: localUrl(given),
    withings: {
      ...given.withings,
      ...(sandbox ? embeddedSandbox(given, publicUrl) : realWithings(given, env)),
      /** Registered at Withings, byte for byte. */
      redirectUri: `${publicUrl}/callback`,
      /** No credentials were set: "Withings" is the sandbox inside this process. */
      sandbox,
    },
    // Invented people and real ones never share a place: a sandbox session must open nothing after going live.
    dataDir: sandbox ? join(given.dataDir, 'sandbox') : given.dataDir,
    /** What several instances keep their sessions and grants in; null: `dataDir`. */
    sharedStore: sharedStoreOf(given),
    /** What this program is called in a Redis or PostgreSQL that it shares with others. */
    storeTag: sandbox ? 'withings-connect-sandbox' : 'withings-connect',
  };
}

function realWithings({ withings }: Settings, env: Environment) {
  const { clientId = '', clientSecret = '', cloud } = withings; // brokenRules saw to both
  const apiUrl = withings.apiUrl ?? CLOUDS[cloud].apiUrl;
  return {
    clientId,
    clientSecret,
    authorizeUrl: withings.authorizeUrl ?? CLOUDS[cloud].authorizeUrl,
    /** Ends in a slash; paths are appended to it. */
    apiUrl,
    /** Whose people these are: no session or token of another issuer's is of use here. */
    issuer: withings.issuer ?? issuerAt(apiUrl),
    /** What calls go through; null: nothing. */
    proxy: proxyFor(env, apiUrl),
  };
}

function embeddedSandbox(given: Settings, publicUrl: string) {
  return {
    clientId: SANDBOX_CLIENT.id,
    clientSecret: SANDBOX_CLIENT.secret,
    authorizeUrl: `${publicUrl}/sandbox/oauth2_user/authorize2`,
    apiUrl: `${localUrl(given)}/sandbox/`,
    issuer: 'sandbox', // whatever its port
    proxy: null,
  };
}

function localUrl({ host, port }: Settings): string {
  const isAnywhere = host === '0.0.0.0' || host === '::';
  const name = host.includes(':') ? `[${host}]` : host;
  return `http://${isAnywhere ? '127.0.0.1' : name}:${port}`;
}

function sharedStoreOf({ redisUrl, databaseUrl }: Settings): 'Redis' | 'PostgreSQL' | null {
  if (redisUrl !== null) return 'Redis';
  return databaseUrl === null ? null : 'PostgreSQL';
}
