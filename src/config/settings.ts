import { z } from 'zod';
import { from, secretFrom } from './environment.ts';
import {
  apiKey,
  baseUrl,
  databaseUrl,
  host,
  oneOf,
  onOrOff,
  origin,
  pageUrl,
  redisUrl,
  scopes,
  secrets,
  whole,
} from './formats.ts';

/** Every setting: what the program calls it, the variable that it comes from, what it may be, and its default. */
export const settings = z.object({
  port: from('PORT', whole(1, 65_535).default(3000)),
  host: from('HOST', host.default('0.0.0.0')),
  publicUrl: from('PUBLIC_URL', origin.optional()),
  trustProxy: from('TRUST_PROXY', whole(0, 10).default(0)),
  /** How long `/readyz` says no before the last request is taken. */
  shutdownDelaySeconds: from('SHUTDOWN_DELAY_SECONDS', whole(0, 60).default(0)),
  /** Where Prometheus reads, on a listener of its own; null: nothing is counted. */
  metricsPort: from('METRICS_PORT', whole(1, 65_535).nullable().default(null)),
  metricsHost: from('METRICS_HOST', host.default('127.0.0.1')),
  /** Turns on the page of all connections; null: there is none. */
  operatorKey: secretFrom('OPERATOR_KEY', apiKey.nullable().default(null)),
  logLevel: from('LOG_LEVEL', oneOf('fatal', 'error', 'warn', 'info', 'debug', 'silent').default('info')),

  withings: z.object({
    clientId: from('WITHINGS_CLIENT_ID', z.string().optional()),
    clientSecret: secretFrom('WITHINGS_CLIENT_SECRET', z.string().optional()),
    scope: from('WITHINGS_SCOPE', scopes.default(['user.info', 'user.metrics', 'user.activity'])),
    cloud: from('WITHINGS_CLOUD', oneOf('eu', 'us').default('eu')),
    /** How token calls prove who we are: by sending the secret, or by signing a nonce with it. */
    auth: from('WITHINGS_AUTH', oneOf('secret', 'signature').default('secret')),
    authorizeUrl: from('WITHINGS_AUTHORIZE_URL', pageUrl.optional()),
    apiUrl: from('WITHINGS_API_URL', baseUrl.optional()),
    /** Another address is a gateway to the real one. */
    issuer: from('WITHINGS_ISSUER', oneOf('eu', 'us').optional()),
    timeoutMs: from('WITHINGS_TIMEOUT_MS', whole(100, 60_000).default(10_000)),
  }),
  /** A refresh token that Withings refuses for good is replaced through recoverauthorizationcode. */
  recover: from('WITHINGS_RECOVER', onOrOff.default(false)),
  /** What Withings allows this application, all instances together. */
  callsPerMinute: from('WITHINGS_CALLS_PER_MINUTE', whole(10, 100_000).default(120)),
  refreshMarginSeconds: from('REFRESH_MARGIN_SECONDS', whole(0, 10_800).default(600)),
  /** An answer with a person's data is not asked for again for so long. */
  dataFreshSeconds: from('DATA_FRESH_SECONDS', whole(0, 86_400).default(300)),
  sweepSeconds: from('SWEEP_SECONDS', whole(1, 3600).default(30)),
  /** Subscribe to Withings' notifications after connecting. */
  webhooks: from('WEBHOOKS', onOrOff.default(false)),
  /** Turns on the server-to-server API; null: there is none. */
  partnerApiKey: secretFrom('PARTNER_API_KEY', apiKey.nullable().default(null)),

  /** Newest first; empty: one is made and kept in `dataDir`. */
  sessionSecrets: secretFrom('SESSION_SECRET', secrets.default([])),
  sessionIdleDays: from('SESSION_IDLE_DAYS', whole(1, 400).default(180)),
  sessionMaxDays: from('SESSION_MAX_DAYS', whole(1, 400).default(400)),
  dataDir: from('DATA_DIR', z.string().default('./data')),
  /** Where several instances keep their sessions and grants; null: in `dataDir`. */
  redisUrl: secretFrom('REDIS_URL', redisUrl.nullable().default(null)),
  /** A Redis that keeps a log of its own, and reports no append-only file. */
  redisDurable: from('REDIS_DURABLE', onOrOff.default(false)),
  /** The same in PostgreSQL. */
  databaseUrl: secretFrom('DATABASE_URL', databaseUrl.nullable().default(null)),
});
