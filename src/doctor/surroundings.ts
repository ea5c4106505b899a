import type { Config } from '../config/config.ts';
import type { Encryption } from '../store/encryption.ts';
import type { Keys } from '../store/keys.ts';
import type { Clocks } from '../time/clocks.ts';
import type { CLOUDS } from '../withings/clouds.ts';

/** What the checks look at, and through what. */
export interface Surroundings {
  config: Config;
  /** Keys of SESSION_SECRET; null: none was set, and none is made yet. */
  secrets: { keys: Keys; encryption: Encryption } | null;
  /** The application is one of Withings' own API: its rules for addresses count. */
  isAtWithings: boolean;
  clouds: typeof CLOUDS;
  network: Network;
  clocks: Pick<Clocks, 'now' | 'monotonic'>;
  /** As `process.version`. */
  node: string;
}

export interface Network {
  fetch: typeof fetch;
  /** Every address that the world's DNS has for a name. Rejects as Node's does. */
  resolve(name: string): Promise<string[]>;
  /** The same of this machine, which knows names of its own. */
  lookUp(name: string): Promise<string[]>;
  /** Speaks TLS as a client that knows the public authorities only, or those of this machine as well. */
  handshake(url: URL, trusts: 'public' | 'ours'): Promise<Certificate>;
}

export interface Certificate {
  /** Why nobody trusts it, in Node's or OpenSSL's word; null: it is trusted. */
  fault: string | null;
  /** Milliseconds since 1970. */
  endsAt: number;
}
