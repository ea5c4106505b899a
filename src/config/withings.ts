import type { Environment } from './environment.ts';

/** The application that a sandbox knows. */
export const SANDBOX_CLIENT = { id: 'sandbox', secret: 'sandbox-secret' };

export function hasClient(env: Environment): boolean {
  return env.WITHINGS_CLIENT_ID !== undefined || env.WITHINGS_CLIENT_SECRET !== undefined;
}

export function isSandboxClient(env: Environment): boolean {
  return env.WITHINGS_CLIENT_ID === SANDBOX_CLIENT.id;
}

/** An application at Withings' own API, of whatever cloud, and not at a sandbox. */
export function isAtWithings(env: Environment): boolean {
  return hasClient(env) && !isSandboxClient(env) && isWithings(env.WITHINGS_API_URL);
}

function isWithings(apiUrl: string | undefined): boolean {
  if (apiUrl === undefined) return true;
  return URL.canParse(apiUrl) && /(^|\.)withings(med)?\.net$/.test(new URL(apiUrl).hostname);
}
