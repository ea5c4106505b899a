import { z } from 'zod';
import { isCallback, isHost } from './clients.ts';

/** The application that the sandbox knows when it runs alone. */
export const CLIENT = { id: 'sandbox', secret: 'sandbox-secret', name: 'Your application' };

const PORT_WORDS = 'must be a whole number from 1 to 65535';
const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;

const port = z
  .string()
  .regex(/^\d{1,5}$/, PORT_WORDS)
  .transform(Number)
  .refine((n) => n >= 1 && n <= 65535, PORT_WORDS);

/** What the sandbox reads when it runs alone; whatever else is set, and how, is no matter of its own. */
export const sandboxSettings = z.object({
  SANDBOX_PORT: port
    .default(4000)
    .describe(
      'Where it listens: on this machine alone (`127.0.0.1`) where `HOST` says no other address, as whoever reaches it may use its controls. It also reads `PUBLIC_URL`, `DATA_DIR` and `LOG_LEVEL`.',
    ),
  /** Whoever reaches it may use its controls. */
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'must be a host name or an address')
    .default('127.0.0.1'),
  /** Where the application is that it is for: its `/callback` is registered. */
  PUBLIC_URL: z
    .string()
    .refine(
      (url) => /^https?:\/\/[^/?#]+\/?$/.test(url) && isCallback(url),
      'must be an origin such as https://example.com',
    )
    .optional(),
  SANDBOX_CALLBACK_HOSTS: z
    .string()
    .transform((list) => list.split(',').map((host) => host.trim().toLowerCase()))
    .refine((hosts) => hosts.every(isHost), 'must be host names, comma separated, without scheme and port')
    .optional()
    .describe('Hosts, beside this machine, that it may send people and notifications to.'),
  /** PUBLIC_URL in short. It is the application's own setting, and judged there. */
  PORT: port.catch(3000),
  DATA_DIR: z.string().default('./data'),
  LOG_LEVEL: z.enum(LEVELS, `must be one of ${LEVELS.join(', ')}`).default('info'),
  WITHINGS_CLIENT_ID: z
    .literal(
      CLIENT.id,
      'names a real application. The sandbox does not run beside real credentials: unset it first',
    )
    .optional(),
  WITHINGS_CLIENT_SECRET: z
    .literal(CLIENT.secret, 'is a real one. The sandbox does not run beside real credentials: unset it first')
    .optional(),
});

export type SandboxSettings = z.output<typeof sandboxSettings>;

/** The settings, or every fault at once, in words. */
export function readSandboxSettings(
  env: Record<string, string>,
): { ok: true; settings: SandboxSettings } | { ok: false; faults: string[] } {
  const { data, error } = sandboxSettings.safeParse(env);
  return error
    ? { ok: false, faults: error.issues.map(({ path, message }) => `${path.join('.')} ${message}.`) }
    : { ok: true, settings: data };
}
