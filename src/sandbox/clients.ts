export interface Client {
  id: string;
  secret: string;
  name: string;
  /** Registered callback URLs. */
  redirectUris: string[];
}

export type Clients = ReadonlyMap<string, Client>;

export function indexClients(list: readonly Client[]): Clients {
  return new Map(list.map((client) => [client.id, client]));
}

/**
 * Whether a redirect_uri belongs to a registered one: same origin and path, any query; a registered path that
 * ends in "/" also covers what lies below it. The guide shows the latter by example; the rest is inferred.
 */
export function isRegistered(client: Client, redirectUri: string): boolean {
  // Only text that every URL parser reads alike: no spaces, no backslash, no fragment (RFC 6749, 3.1.2).
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(redirectUri) || /[\\#]/.test(redirectUri)) return false;
  if (!URL.canParse(redirectUri)) return false;
  const asked = new URL(redirectUri);
  if (asked.username || asked.password) return false;
  return client.redirectUris.some((uri) => covers(new URL(uri), asked));
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
