import type { Db } from './database.ts';

export interface Client {
  id: string;
  secret: string;
  name: string;
  /** Registered callback URLs. */
  redirectUris: string[];
}

/** The partner applications, and the callback URLs registered since. */
export class Clients {
  readonly #db: Db;
  readonly #list: readonly Client[];
  readonly #hosts: readonly string[];

  /** `hosts`: names of further ones that may be called, as `URL.hostname` writes them. */
  constructor(db: Db, list: readonly Client[], hosts: readonly string[]) {
    this.#db = db;
    this.#list = list;
    this.#hosts = hosts;
  }

  get(id: string | undefined): Client | undefined {
    return this.all().find((client) => client.id === id);
  }

  all(): Client[] {
    const added = this.#db.all<{ client_id: string; url: string }>('SELECT client_id, url FROM callbacks');
    return this.#list.map((client) => {
      const own = added.filter(({ client_id }) => client_id === client.id).map(({ url }) => url);
      return { ...client, redirectUris: [...client.redirectUris, ...own] };
    });
  }

  /**
   * Whether people may be sent to this URL, and notifications posted: on this machine, where an application is that
   * the sandbox was made for, and at the hosts that it was told. Whoever reaches the port may register callback URLs,
   * so a registration alone proves nothing.
   */
  mayCall(url: string): boolean {
    if (!isCallback(url)) return false;
    const { hostname, origin } = new URL(url);
    return (
      LOOPBACK.test(hostname) ||
      this.#hosts.includes(hostname) ||
      this.#list.some(({ redirectUris }) => redirectUris.some((own) => new URL(own).origin === origin))
    );
  }

  /** Every host of `mayCall`, in words. */
  callableHosts(): string[] {
    const own = this.#list.flatMap(({ redirectUris }) => redirectUris.map((uri) => new URL(uri).origin));
    return [...new Set(['localhost', '127.0.0.0/8', '[::1]', ...own, ...this.#hosts])];
  }

  forgetRegistered(): void {
    this.#db.run('DELETE FROM callbacks');
  }

  /** Adds a callback URL: what a partner does in the developer dashboard of Withings. */
  register(id: string, url: string): void {
    this.#db.run('INSERT OR IGNORE INTO callbacks (client_id, url) VALUES (?, ?)', id, url);
  }
}

/**
 * Whether a redirect_uri belongs to a registered one: same origin and path, any query; a registered path that
 * ends in "/" also covers what lies below it. The guide shows the latter by example; the rest is inferred.
 */
export function isRegistered(client: Client, redirectUri: string): boolean {
  if (!isCallback(redirectUri)) return false;
  const asked = new URL(redirectUri);
  return client.redirectUris.some((uri) => covers(new URL(uri), asked));
}

/**
 * Only text that every URL parser reads alike: no spaces, no backslash, no fragment (RFC 6749, 3.1.2), and a host of
 * plain letters, which can be written into a header.
 */
export function isCallback(url: string): boolean {
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(url) || /[\\#]/.test(url) || !URL.canParse(url)) return false;
  const { username, password, hostname } = new URL(url);
  return !username && !password && HOST.test(hostname);
}

/** Whether it is a host as `URL.hostname` writes it: another writing would never be met. */
export function isHost(host: string): boolean {
  const url = `http://${host}/`;
  return isCallback(url) && new URL(url).hostname === host;
}

/** A name, or an address as the URL parser writes it. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])$/;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** What is thrown in place of a call to where `mayCall` says no. */
export class NotCallableError extends Error {
  constructor() {
    super('host not allowed');
  }
}

function covers(registered: URL, asked: URL): boolean {
  const below = registered.pathname.endsWith('/') && asked.pathname.startsWith(registered.pathname);
  return registered.origin === asked.origin && (below || registered.pathname === asked.pathname);
}

/** Adds to the query and leaves every byte of the rest as it was registered. */
export function withParams(redirectUri: string, params: Record<string, string>): string {
  const joint = redirectUri.includes('?') ? '&' : '?';
  return `${redirectUri}${joint}${new URLSearchParams(params)}`;
}
