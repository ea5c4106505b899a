import type { Environment } from './environment.ts';

/** Which variable names a proxy for this address, as curl reads them; null: none does. */
function proxyVariable(env: Environment, { protocol, hostname, port }: URL): string | null {
  const name = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'].find((each) => env[each]);
  if (name === undefined || protocol !== 'https:' || isThisMachine(hostname)) return null;
  return isExcepted(hostname, port || '443', env.no_proxy ?? env.NO_PROXY) ? null : name;
}

/** @param hostname as in URL */
export function isThisMachine(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** NO_PROXY: names, each with all below it, `*` for everything, and with a port perhaps. */
function isExcepted(hostname: string, at: string, list = ''): boolean {
  return list
    .toLowerCase()
    .split(/[\s,"']+/) // docker's --env-file keeps quotes
    .some((entry) => {
      const [, name = '', port = at] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      return port === at && (entry === '*' || hostname === name || (name && hostname.endsWith(`.${name}`)));
    });
}

/** The proxy that calls to this address go through; null: they go straight. */
export function proxyFor(env: Environment, address: string): URL | null {
  const name = proxyVariable(env, new URL(address));
  return name === null ? null : addressIn(env[name]);
}

/** What is wrong with that proxy, in words without its password; null: nothing. */
export function proxyFault(env: Environment, address: string): string | null {
  const name = proxyVariable(env, new URL(address));
  if (name === null || addressIn(env[name]) !== null) return null;
  return `${name} must be http://host:port: calls to Withings go through it, unless NO_PROXY excepts ${new URL(address).hostname}.`;
}

function addressIn(value = ''): URL | null {
  try {
    const url = new URL(/^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`);
    decodeURIComponent(url.username + url.password);
    const isOnlyHost = url.pathname === '/' && /^[\w.-]+$|^\[/.test(url.hostname); // and no slip, as in http//host
    return /^https?:$/.test(url.protocol) && isOnlyHost ? url : null;
  } catch {
    return null; // the fault is said elsewhere
  }
}
