import { z } from 'zod';
import { from, secretFrom } from './environment.ts';
import {
  apiKey,
  baseUrl,
  credential,
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

/**
 * Every setting: what the program calls it, the variable that it comes from, what it may be, its default, and what it
 * means. docs/settings.md and .env.example are written from here (`npm run settings`), in this order.
 */
export const settings = z.object({
  withings: z.object({
    clientId: from(
      'WITHINGS_CLIENT_ID',
      credential.optional(),
      'Your application, from the Withings developer dashboard; together with its secret.',
      'the sandbox',
    ),
    clientSecret: secretFrom('WITHINGS_CLIENT_SECRET', credential.optional(), 'Its secret.'),
    scope: from(
      'WITHINGS_SCOPE',
      scopes.default(['user.info', 'user.metrics', 'user.activity']),
      'What people are asked for. There is also user.sleepevents.',
    ),
    cloud: from('WITHINGS_CLOUD', oneOf('eu', 'us').default('eu'), '`us` is the US Medical Cloud.'),
    auth: from(
      'WITHINGS_AUTH',
      oneOf('secret', 'signature').default('secret'),
      'How token calls prove who we are: by sending the secret, or by signing a nonce with it; it then never leaves this process.',
    ),
    authorizeUrl: from(
      'WITHINGS_AUTHORIZE_URL',
      pageUrl.optional(),
      'Another Withings: a sandbox or a test double, with people of its own. Whoever connected at one address is not connected at another.',
      'by cloud',
    ),
    apiUrl: from('WITHINGS_API_URL', baseUrl.optional(), 'The same for its API.', 'by cloud'),
    issuer: from(
      'WITHINGS_ISSUER',
      oneOf('eu', 'us').optional(),
      'Says that `WITHINGS_API_URL` is a gateway to the real Withings, whose people stay connected.',
      'by address',
    ),
    timeoutMs: from(
      'WITHINGS_TIMEOUT_MS',
      whole(100, 60_000).default(10_000),
      'Deadline of one call in milliseconds, body included.',
    ),
  }),
  recover: from(
    'WITHINGS_RECOVER',
    onOrOff.default(false),
    'On: a refresh token that Withings refuses for good is replaced through recoverauthorizationcode, where your contract allows it.',
  ),
  callsPerMinute: from(
    'WITHINGS_CALLS_PER_MINUTE',
    whole(10, 100_000).default(120),
    'What Withings allows this application, all instances together; more by contract.',
  ),
  refreshMarginSeconds: from(
    'REFRESH_MARGIN_SECONDS',
    whole(0, 10_800).default(600),
    'An access token is refreshed this long before it expires, at most a quarter of its life.',
  ),
  sweepSeconds: from(
    'SWEEP_SECONDS',
    whole(1, 3600).default(30),
    'How often unfinished refreshes are finished without a visitor.',
  ),
  dataFreshSeconds: from(
    'DATA_FRESH_SECONDS',
    whole(0, 86_400).default(300),
    'So long an answer with a person’s data is not asked for again, unless Withings tells of news or the person asks. 0: each view asks.',
  ),
  webhooks: from(
    'WEBHOOKS',
    onOrOff.default(false),
    'On: Withings tells us when there is something new. Needs an https `PUBLIC_URL` with a host name: docs/notifications.md.',
  ),
  partnerApiKey: secretFrom(
    'PARTNER_API_KEY',
    apiKey.nullable().default(null),
    'Turns on the server-to-server API: docs/partners.md.',
    'no such API',
  ),

  publicUrl: from(
    'PUBLIC_URL',
    origin.optional(),
    'The one source of every absolute URL, never a request. https turns on Secure cookies and HSTS. Register it at Withings with /callback behind it.',
    'http://localhost:PORT',
  ),
  port: from('PORT', whole(1, 65_535).default(3000), 'Where to listen.'),
  host: from('HOST', host.default('0.0.0.0'), 'On which address of this machine.'),
  trustProxy: from(
    'TRUST_PROXY',
    whole(0, 10).default(0),
    'How many reverse proxies stand in front (only for the address in X-Forwarded-For).',
  ),
  shutdownDelaySeconds: from(
    'SHUTDOWN_DELAY_SECONDS',
    whole(0, 60).default(0),
    'How long `/readyz` says no before the last request is taken, for a load balancer to hear it: docs/scaling.md.',
  ),

  sessionSecrets: secretFrom(
    'SESSION_SECRET',
    secrets.default([]),
    'Signs cookies and seals tokens; required with a real application. To rotate: new,old (the first signs and seals, all are accepted).',
    'made once, kept in DATA_DIR',
  ),
  sessionIdleDays: from(
    'SESSION_IDLE_DAYS',
    whole(1, 400).default(180),
    'Days without a visit after which a browser must connect again.',
  ),
  sessionMaxDays: from(
    'SESSION_MAX_DAYS',
    whole(1, 400).default(400),
    'Days in all after which it must; 400 is the longest that browsers keep a cookie.',
  ),
  dataDir: from(
    'DATA_DIR',
    z
      .string()
      .regex(/^[^~]/, 'must be a path as the system knows it, without the ~ of a shell')
      .default('./data'),
    'Sessions and tokens, in SQLite; keep it on a disk that survives.',
  ),
  redisUrl: secretFrom(
    'REDIS_URL',
    redisUrl.nullable().default(null),
    'Several instances: sessions and tokens in one Redis or Valkey instead: docs/scaling.md. User and password are percent-encoded (@ as %40).',
    'in DATA_DIR',
  ),
  redisDurable: from(
    'REDIS_DURABLE',
    onOrOff.default(false),
    'On: this Redis keeps a log of its own, though it reports no append-only file (MemoryDB, ElastiCache with synchronous durability).',
  ),
  databaseUrl: secretFrom(
    'DATABASE_URL',
    databaseUrl.nullable().default(null),
    'The same in one PostgreSQL: docs/scaling.md. User and password are percent-encoded.',
    'in DATA_DIR',
  ),

  metricsPort: from(
    'METRICS_PORT',
    whole(1, 65_535).nullable().default(null),
    'Prometheus metrics on a listener of their own; whoever reaches it reads them: docs/operations.md.',
    'nothing is counted',
  ),
  metricsHost: from('METRICS_HOST', host.default('127.0.0.1'), 'On which address of this machine.'),
  operatorKey: secretFrom(
    'OPERATOR_KEY',
    apiKey.nullable().default(null),
    'Turns on `/operator`, all connections by state; the password there, with any user name.',
    'no such page',
  ),
  inspect: from(
    'INSPECT',
    onOrOff.optional(),
    'On: `/inspect` shows whoever has connected what was said on the way, without its secrets, and `/explore` asks Withings by hand.',
    'on with the sandbox, else off',
  ),
  logLevel: from(
    'LOG_LEVEL',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'silent').default('info'),
    'From which level on the log has lines.',
  ),
});
