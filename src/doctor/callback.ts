import { brokenCallbackRule } from '../withings/notify.ts';
import { type Finding, fails, ok } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

const RULES = {
  https: 'https',
  host: 'a host name that the whole internet knows',
  port: 'port 443 or 80',
  length: 'at most 255 characters',
};

/** The line to paste into Withings' dashboard, and their rules for it. Whether it lies there, only they know. */
export function checkCallback({ config, isAtWithings }: Surroundings): Finding[] {
  const { redirectUri, sandbox } = config.withings;
  if (!isAtWithings) {
    const where = sandbox ? 'The sandbox knows it already' : 'Another Withings than the real one';
    return [ok(`${where}: ${redirectUri}`)];
  }
  const rule = brokenCallbackRule(redirectUri);
  if (rule !== null) {
    return [
      fails(
        `Withings does not register ${redirectUri}: it asks for ${RULES[rule]}.`,
        'Set PUBLIC_URL to such an address.',
      ),
    ];
  }
  return [
    ok(
      `Paste this line into Withings' developer dashboard, to the letter (without a slash at its end): ${redirectUri}`,
    ),
  ];
}
