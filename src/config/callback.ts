import { brokenCallbackRule } from '../withings/notify.ts';
import type { Environment } from './environment.ts';
import { isAtWithings } from './withings.ts';

const RULES = {
  https: 'an https address',
  host: 'a host name that the whole internet knows, not localhost or an IP address',
  port: 'port 443 or 80',
  length: 'at most 255 characters',
};

/**
 * What Withings asks for and this address of ours has not; null: it has all, or there is no Withings that asks.
 *
 * @param path of the address, behind PUBLIC_URL
 */
export function refusedCallback(env: Environment, path: string): { rule: string; publicUrl: string } | null {
  const { PORT = '3000', PUBLIC_URL: publicUrl = `http://localhost:${PORT}` } = env;
  if (!isAtWithings(env) || !URL.canParse(publicUrl)) return null; // the latter is a fault of its own
  const rule = brokenCallbackRule(new URL(publicUrl).origin + path);
  return rule && { rule: RULES[rule], publicUrl };
}
