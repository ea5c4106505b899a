import { z } from 'zod';
import { isCallback, isHost } from './clients.ts';
import type { PersonSeed } from './seeds.ts';

/** Everything may be left out. */
export interface CreateOptions {
  /** Who lives there beside the demo user: a list, or a JSON file with one. Default: the five of docs/sandbox.md. */
  people?: readonly PersonSeed[] | string;
  /** Registered callback URLs of the application. Default: http://localhost:3000/callback. */
  redirectUris?: readonly string[];
  /** The application's id and secret. Default: `sandbox` and `sandbox-secret`. */
  client?: { id: string; secret: string };
  /** Hosts, beside this machine and those of the callback URLs, that may be registered later on. Default: none. */
  callbackHosts?: readonly string[];
  /**
   * Whether the same call within ten seconds and more than 120 calls a minute are refused, as Withings does. Default:
   * true. Tests on a clock that stands still want false.
   */
  limits?: boolean;
  /** Milliseconds since 1970, to which `clock.advance` adds. Default: this machine's clock. */
  now?: () => number;
  /** Default: 0, any that is free. */
  port?: number;
  /** Default: 127.0.0.1. */
  host?: string;
  /** A folder that is there, for what shall outlive the process. Default: everything is in memory. */
  dataDir?: string;
}

/**
 * Whoever calls from JavaScript has no compiler that says so.
 *
 * @throws TypeError with everything that cannot work, in words
 */
export function checkOptions(options: unknown): void {
  const { error } = createOptions.safeParse(options);
  if (!error) return;
  const faults = error.issues.map((issue) =>
    issue.code === 'unrecognized_keys' && issue.path.length === 0
      ? `No option ${issue.keys.join(', ')}; known: ${Object.keys(createOptions.shape).join(', ')}.`
      : `${String(issue.path[0] ?? 'options')}: ${issue.message}.`,
  );
  throw new TypeError(`createSandbox: ${[...new Set(faults)].join('\n')}`);
}

const CLIENT_WORDS = 'must be { id, secret }, each a text';
const HOSTS_WORDS = 'must be a list of host names, in small letters, without scheme and port';
const HOST_WORDS = 'must be a host name or an address';
const NOW_WORDS = 'must be a function that returns milliseconds since 1970';
const PORT_WORDS = 'must be a whole number from 0 (any that is free) to 65535';
const part = z.string(CLIENT_WORDS).trim().min(1, CLIENT_WORDS);

const createOptions = z.strictObject(
  {
    people: z
      .union([z.string().min(1), z.array(z.unknown())], 'must be a list of people, or a JSON file with one')
      .optional(),
    redirectUris: z
      .array(
        z.unknown().refine(isCallbackUrl, { error: ({ input }) => `${input} is no http or https URL` }),
        'must be a list of http or https URLs',
      )
      .optional(),
    client: z.strictObject({ id: part, secret: part }, CLIENT_WORDS).optional(),
    callbackHosts: z.array(z.string(HOSTS_WORDS).refine(isHost, HOSTS_WORDS), HOSTS_WORDS).optional(),
    limits: z.boolean('must be true or false').optional(),
    now: z.custom((now) => typeof now === 'function' && Number.isFinite(now()), NOW_WORDS).optional(),
    port: z.int(PORT_WORDS).min(0, PORT_WORDS).max(65_535, PORT_WORDS).optional(),
    host: z
      .string(HOST_WORDS)
      .regex(/^[\w.:-]+$/, HOST_WORDS)
      .optional(),
    dataDir: z.string('must be a folder').min(1, 'must be a folder').optional(),
  } satisfies Record<keyof CreateOptions, z.ZodType>,
  { error: ({ code }) => (code === 'invalid_type' ? 'must be an object' : undefined) },
);

function isCallbackUrl(url: unknown): boolean {
  return typeof url === 'string' && isCallback(url);
}
