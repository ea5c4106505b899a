import { z } from 'zod';
import { httpUrl, isStrong, onOrOff, redisUrl, secretsIn, whole } from './formats.ts';
import { from } from './variables.ts';

/**
 * Every setting: what the program calls it, its variable, what it may be, and its default. The words of a fault follow
 * the name of the variable.
 */
export const settings = z.object({
  port: from('PORT', whole(1, 65535, 3000)),
  host: from(
    'HOST',
    z
      .string()
      .regex(/^[\w.:-]+$/, 'must be a host name or an address')
      .default('0.0.0.0'),
  ),
  publicUrl: from(
    'PUBLIC_URL',
    httpUrl(
      'must be an origin such as https://example.com, without path or query',
      (url) => url.pathname === '/' && !url.search && !url.hash,
    ).optional(),
  ),
  trustProxy: from('TRUST_PROXY', whole(0, 10, 0)),

  withings: z.object({
    clientId: from('WITHINGS_CLIENT_ID', z.string().optional()),
    clientSecret: from('WITHINGS_CLIENT_SECRET', z.string().optional()),
    scope: from(
      'WITHINGS_SCOPE',
      z
        .string()
        .regex(
          /^user\.[a-z]+(,user\.[a-z]+)*$/,
          'must be scopes separated by commas, such as user.info,user.metrics',
        )
        .transform((list) => list.split(','))
        .default(['user.info', 'user.metrics', 'user.activity']),
    ),
    cloud: from('WITHINGS_CLOUD', z.enum(['eu', 'us'], 'must be eu or us').default('eu')),
    /** How token calls prove who we are: by sending the secret, or by signing a nonce with it. */
    auth: from(
      'WITHINGS_AUTH',
      z.enum(['secret', 'signature'], 'must be secret or signature').default('secret'),
    ),
    authorizeUrl: from(
      'WITHINGS_AUTHORIZE_URL',
      httpUrl('must be an http(s) URL without query', (url) => !url.search).optional(),
    ),
    apiUrl: from(
      'WITHINGS_API_URL',
      httpUrl(
        'must be an http(s) URL that ends in a slash',
        (url) => url.href.endsWith('/') && !url.search,
      ).optional(),
    ),
    timeoutMs: from('WITHINGS_TIMEOUT_MS', whole(100, 60_000, 10_000)),
  }),
  /** A refresh token that Withings refuses for good is replaced through recoverauthorizationcode. */
  recover: from('WITHINGS_RECOVER', onOrOff()),
  /** What Withings allows this application, all instances together. */
  callsPerMinute: from('WITHINGS_CALLS_PER_MINUTE', whole(10, 100_000, 120)),
  refreshMarginSeconds: from('REFRESH_MARGIN_SECONDS', whole(0, 10_800, 600)),
  sweepSeconds: from('SWEEP_SECONDS', whole(1, 3600, 30)),
  /** Subscribe to Withings' notifications after connecting. */
  webhooks: from('WEBHOOKS', onOrOff()),
  /** Opens the server-to-server door; null: there is none. */
  partnerApiKey: from(
    'PARTNER_API_KEY',
    z
      .string()
      .regex(
        /^[\x21-\x7e]{32,512}$/,
        'must be at least 32 characters without spaces (try: openssl rand -hex 32)',
      )
      .refine(isStrong, 'must be random (try: openssl rand -hex 32)')
      .nullable()
      .default(null),
  ),

  /** Newest first; empty: one is made and kept in `dataDir`. */
  sessionSecrets: from(
    'SESSION_SECRET',
    z
      .string()
      .transform(secretsIn)
      .refine((secrets) => secrets.every(isStrong), {
        message:
          'must be one or more random strings of at least 32 characters, separated by commas (try: openssl rand -hex 32)',
      })
      .refine((secrets) => new Set(secrets).size === secrets.length, 'names the same secret twice')
      .default([]),
  ),
  sessionIdleDays: from('SESSION_IDLE_DAYS', whole(1, 400, 30)),
  sessionMaxDays: from('SESSION_MAX_DAYS', whole(1, 400, 365)),
  dataDir: from('DATA_DIR', z.string().default('./data')),
  /** Where several instances keep their sessions and grants; null: in `dataDir`. */
  redisUrl: from('REDIS_URL', redisUrl().nullable().default(null)),
  /** How long `/readyz` says no before the last request is taken. */
  shutdownDelaySeconds: from('SHUTDOWN_DELAY_SECONDS', whole(0, 60, 0)),
  logLevel: from(
    'LOG_LEVEL',
    z
      .enum(
        ['fatal', 'error', 'warn', 'info', 'debug', 'silent'],
        'must be fatal, error, warn, info, debug or silent',
      )
      .default('info'),
  ),
});
