import type { Config } from '../config/config.ts';
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts';

/** The Withings of a program that was given no credentials: another site's pages, under an address of ours. */
export function embedSandbox(config: Config, now: () => number): Sandbox {
  const { clientId, clientSecret, redirectUri } = config.withings;
  return createSandbox({
    now,
    dataDir: config.dataDir,
    publicUrl: config.publicUrl,
    fetch: withinReach(config),
    clients: [{ id: clientId, secret: clientSecret, name: 'Withings Connect', redirectUris: [redirectUri] }],
  });
}

/** The sandbox calls us back at the address that we know ourselves by, whatever name browsers use for it. */
function withinReach({ publicUrl, withings }: Config): typeof fetch {
  return (input, init) => {
    const url = new URL(String(input));
    return fetch(url.origin === publicUrl ? new URL(url.pathname + url.search, withings.apiUrl) : url, init);
  };
}
