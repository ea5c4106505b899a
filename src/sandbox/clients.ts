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

  constructor(db: Db, list: readonly Client[]) {
    this.#db = db;
    this.#list = list;
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

/** Only text that every URL parser reads alike: no spaces, no backslash, no fragment (RFC 6749, 3.1.2). */
export function isCallback(url: string): boolean {
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(url) || /[\\#]/.test(url) || !URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return !username && !password;
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
