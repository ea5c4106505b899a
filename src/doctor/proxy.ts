import { cookieName } from '../web/cookies.ts';
import { type Asking, askApp, type Heard, WITHIN_MS, whySilent } from './app.ts';
import { newChallenge } from './challenge.ts';
import { type Finding, fails, ok, warn } from './finding.ts';
import type { Surroundings } from './surroundings.ts';

type Us = Extract<Heard, { who: 'us' }>;

/**
 * What lies between PUBLIC_URL and the app, by a page of the app's own that answers nobody but us.
 *
 * @param isHere the app answers on this machine as well
 */
export async function checkProxy(
  heard: Heard,
  isHere: boolean,
  asking: Asking,
  around: Surroundings,
): Promise<Finding[]> {
  const { publicUrl, trustProxy } = around.config;
  if (heard.who !== 'us') return [notUs(heard, isHere, publicUrl)];
  return [
    ok(`${publicUrl} leads to this installation.`),
    checkHops(heard.answer.proxies, trustProxy),
    await checkCookie(heard, asking, publicUrl),
    await checkStream(asking, publicUrl),
  ];
}

function notUs(heard: Exclude<Heard, Us>, isHere: boolean, publicUrl: string): Finding {
  const found =
    heard.who === 'another' ? `what answers there is not this installation (${heard.status})` : heard.why;
  if (isHere)
    return fails(
      `The app runs here, and ${publicUrl} does not lead to it: ${found}.`,
      'Look at PUBLIC_URL, the DNS and the proxy.',
    );
  const todo =
    heard.who === 'another'
      ? 'Start the app, or look at PUBLIC_URL, the proxy, and whether the app has this SESSION_SECRET.'
      : 'Start the app, and run this again.';
  return fails(`${publicUrl}: ${found}.`, todo);
}

/** What Express counts from the right. */
function checkHops(proxies: number, trustProxy: number): Finding {
  const words = `${proxies} ${proxies === 1 ? 'proxy names' : 'proxies name'} an address in X-Forwarded-For, and TRUST_PROXY is ${trustProxy}`;
  if (proxies === trustProxy) return ok(`${words}.`);
  const todo = `Set TRUST_PROXY=${proxies}.`;
  return proxies < trustProxy
    ? fails(`${words}: anybody can say that they come from anywhere.`, todo)
    : warn(`${words}: everybody seems to come from the proxy, and shares one limit with all others.`, todo);
}

async function checkCookie({ setCookie }: Us, asking: Asking, publicUrl: string): Promise<Finding> {
  const todo = 'Let the proxy pass Cookie and Set-Cookie as they are.';
  const name = cookieName(publicUrl, 'doctor');
  const [set] = setCookie.filter((each) => each.startsWith(`${name}=`));
  if (set === undefined) return fails('A cookie of the app does not come out: nobody stays signed in.', todo);
  const attributes = set.toLowerCase().split(/; */).slice(1);
  const wanted = [
    'httponly',
    'samesite=lax',
    'path=/',
    ...(publicUrl.startsWith('https:') ? ['secure'] : []),
  ];
  const missing = wanted.filter((each) => !attributes.includes(each));
  if (missing.length > 0 || attributes.some((each) => each.startsWith('domain')))
    return fails(`A cookie of the app is changed on its way (${missing.join(', ') || 'Domain'}).`, todo);
  const again = await askApp(publicUrl, asking, `${name}=kept`);
  const isBack = again.who === 'us' && again.answer.cookie;
  return isBack
    ? ok('Cookies pass, both ways and unchanged.')
    : fails('A cookie does not come back in: nobody stays signed in.', todo);
}

/** The second event comes seconds after the first: whoever brings both at once has held the first one back. */
async function checkStream({ fetch, key, now }: Asking, publicUrl: string): Promise<Finding> {
  const todo = 'Switch off buffering and compression for text/event-stream in the proxy.';
  const end = new AbortController();
  const url = `${publicUrl}/doctor/${newChallenge(key, now())}/events`;
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.any([end.signal, AbortSignal.timeout(WITHIN_MS)]),
    });
    const first = await response.body?.getReader().read();
    const text = new TextDecoder().decode(first?.value);
    if (!text.includes('first') || text.includes('last'))
      return warn('Event streams are held back: an open page does not change by itself.', todo);
    return ok('Event streams come as they are sent.');
  } catch (error) {
    return warn(`Event streams do not come: ${whySilent(error)}.`, todo);
  } finally {
    end.abort();
  }
}
