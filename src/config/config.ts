import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { CLOUDS, type Cloud } from '../withings/clouds.ts';
import { contradictions, SANDBOX_CLIENT, type Settings, sessionSecrets, settings } from './settings.ts';

/** Everything the program can be told from outside, read once at start. */
export interface Config {
  port: number;
  host: string;
  /** The only source of every absolute URL; an origin without a trailing slash. */
  publicUrl: string;
  withings: WithingsConfig;
  /** What Withings allows this application, all instances together. */
  callsPerMinute: number;
  refreshMarginSeconds: number;
  sweepSeconds: number;
  /** Newest first; empty: one is made and kept in `dataDir`. */
  sessionSecrets: string[];
  sessionIdleDays: number;
  sessionMaxDays: number;
  dataDir: string;
  /** Where several instances keep their sessions and grants; null: in `dataDir`. */
  redisUrl: string | null;
  trustProxy: number;
  /** A refresh token that Withings refuses for good is replaced through recoverauthorizationcode. */
  recover: boolean;
  /** Subscribe to Withings' notifications after connecting. */
  webhooks: boolean;
  /** Opens the server-to-server door; null: there is none. */
  partnerApiKey: string | null;
  /** Where `npm run sandbox` listens. */
  sandboxPort: number;
  logLevel: string;
}

export interface WithingsConfig {
  clientId: string;
  clientSecret: string;
  scope: string[];
  cloud: Cloud;
  /** How token calls prove who we are: by sending the secret, or by signing a nonce with it. */
  auth: 'secret' | 'signature';
  authorizeUrl: string;
  /** Ends in a slash; paths are appended to it. */
  apiUrl: string;
  timeoutMs: number;
  /** No credentials were set: "Withings" is the sandbox inside this process. */
  sandbox: boolean;
}

export type ConfigResult = { ok: true; config: Config } | { ok: false; faults: string[] };

type Environment = Record<string, string | undefined>;

/** The process environment over the `.env` file of this folder; an empty value counts as not set. */
export function readEnvironment(file = '.env'): Environment {
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  const isSet = ([, value]: [string, string | undefined]) => value !== undefined && value.trim() !== '';
  return {
    ...Object.fromEntries(Object.entries(fromFile).filter(isSet)),
    ...Object.fromEntries(Object.entries(process.env).filter(isSet)),
  };
}

/** Turns the environment into a Config, or into every fault at once, in plain words. */
export function readConfig(env: Environment): ConfigResult {
  const trimmed = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()]] : [])),
  );
  const parsed = settings.safeParse(trimmed);
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}.`),
    ...contradictions(trimmed),
  ];
  if (!parsed.success || faults.length > 0) return { ok: false, faults };
  return { ok: true, config: assemble(parsed.data) };
}

function assemble(env: Settings): Config {
  const publicUrl = new URL(env.PUBLIC_URL ?? `http://localhost:${env.PORT}`).origin;
  return {
    port: env.PORT,
    host: env.HOST,
    publicUrl,
    withings: {
      ...withingsHosts(env, publicUrl),
      scope: env.WITHINGS_SCOPE.split(','),
      cloud: env.WITHINGS_CLOUD,
      auth: env.WITHINGS_AUTH,
      timeoutMs: env.WITHINGS_TIMEOUT_MS,
    },
    callsPerMinute: env.WITHINGS_CALLS_PER_MINUTE,
    refreshMarginSeconds: env.REFRESH_MARGIN_SECONDS,
    sweepSeconds: env.SWEEP_SECONDS,
    sessionSecrets: sessionSecrets(env.SESSION_SECRET ?? ''),
    sessionIdleDays: env.SESSION_IDLE_DAYS,
    sessionMaxDays: env.SESSION_MAX_DAYS,
    dataDir: env.DATA_DIR,
    redisUrl: env.REDIS_URL ?? null,
    trustProxy: env.TRUST_PROXY,
    recover: env.WITHINGS_RECOVER === 'on',
    webhooks: env.WEBHOOKS === 'on',
    partnerApiKey: env.PARTNER_API_KEY ?? null,
    sandboxPort: env.SANDBOX_PORT,
    logLevel: env.LOG_LEVEL,
  };
}

function withingsHosts(env: Settings, publicUrl: string) {
  if (env.WITHINGS_CLIENT_ID === undefined || env.WITHINGS_CLIENT_SECRET === undefined) {
    return {
      clientId: SANDBOX_CLIENT.id,
      clientSecret: SANDBOX_CLIENT.secret,
      authorizeUrl: `${publicUrl}/sandbox/oauth2_user/authorize2`,
      apiUrl: `http://${loopback(env.HOST)}:${env.PORT}/sandbox/`,
      sandbox: true,
    };
  }
  const cloud = CLOUDS[env.WITHINGS_CLOUD];
  return {
    clientId: env.WITHINGS_CLIENT_ID,
    clientSecret: env.WITHINGS_CLIENT_SECRET,
    authorizeUrl: env.WITHINGS_AUTHORIZE_URL ?? cloud.authorizeUrl,
    apiUrl: env.WITHINGS_API_URL ?? cloud.apiUrl,
    sandbox: false,
  };
}

/** The address at which this process reaches itself, whatever name the browser uses for it. */
function loopback(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
