import { z } from 'zod';
import { nothing, readAnswer } from './answers.ts';
import { rows } from './data/page.ts';
import { type Result, refuse } from './errors.ts';
import type { Post } from './http.ts';

/** One subscription: news of this category are posted to this URL. */
export interface Subscription {
  /** Withings' number of the category: 1 weight, 4 heart, 16 activity, 44 sleep, 46 the person themselves. */
  appli: number;
  callbackUrl: string;
}

/** Withings' `notify`: one subscription per person, category and URL. Source: Withings, "Notifications". */
export interface Notify {
  subscriptions(accessToken: string): Promise<Result<Subscription[]>>;
  /** Withings asks the URL with HEAD before it agrees; a URL it does not like is `callback-refused`. */
  subscribe(accessToken: string, subscription: Subscription): Promise<Result<null>>;
  unsubscribe(accessToken: string, subscription: Subscription): Promise<Result<null>>;
}

export function createNotify(post: Post): Notify {
  const change = async (action: string, accessToken: string, { appli, callbackUrl }: Subscription) =>
    readAnswer(
      await post('notify', { action, callbackurl: callbackUrl, appli: String(appli) }, accessToken),
      nothing,
    );
  return {
    subscriptions: async (accessToken) =>
      readAnswer(await post('notify', { action: 'list' }, accessToken), profiles),
    async subscribe(accessToken, subscription) {
      const made = await change('subscribe', accessToken, subscription);
      // Their status 293 is about the only address in the call, and here that is not the redirect URI.
      if (made.ok || made.refusal.code !== 'redirect-uri-refused') return made;
      return refuse('callback-refused', { status: made.refusal.status });
    },
    unsubscribe: (accessToken, subscription) => change('revoke', accessToken, subscription),
  };
}

const profile = z
  .object({ appli: z.coerce.number().int(), callbackurl: z.string() })
  .transform(({ appli, callbackurl }) => ({ appli, callbackUrl: callbackurl }));

const profiles: z.ZodType<Subscription[]> = z.object({ profiles: rows }).transform((body) =>
  body.profiles.flatMap((row) => {
    const read = profile.safeParse(row);
    return read.success ? [read.data] : [];
  }),
);

export type CallbackRule = 'https' | 'host' | 'port' | 'length';

/** The rule of Withings that a callback URL breaks; null: none. Source: Withings' glossary, "Callback URL". */
export function brokenCallbackRule(callbackUrl: string): CallbackRule | null {
  const { protocol, hostname, port } = new URL(callbackUrl);
  if (protocol !== 'https:') return 'https';
  if (!isPublicName(hostname.replace(/\.$/, ''))) return 'host';
  if (port !== '' && port !== '80') return 'port';
  return callbackUrl.length > 255 ? 'length' : null;
}

/** A name that can mean the same to Withings as to us: no address, not this machine, nothing of one network alone. */
function isPublicName(hostname: string): boolean {
  const labels = hostname.split('.');
  const isName = labels.length > 1 && labels.every((label) => /^[a-z\d]([a-z\d-]*[a-z\d])?$/i.test(label));
  return isName && !/(^|\.)([\d.]+|localhost|local|internal|lan|home\.arpa)$/.test(hostname);
}
