import type { Router } from 'express';
import { isCallback } from '../clients.ts';
import { SECOND } from '../clock.ts';
import { type Asked, serve } from '../data/serve.ts';
import { type Answer, insufficientScope, invalidParams, refuse, success } from '../wire/answers.ts';
import type { World } from '../world.ts';
import { scopeOf } from './categories.ts';
import type { Owner, Subscription } from './subscriptions.ts';

/** How long the HEAD of a callback URL may take, of real time (inferred). */
const PROBE_MS = 2 * SECOND;
const MAX_PER_PERSON = 60;
const MAX_IN_ALL = 5000;
/** The last second of 32 bits. @differs notify list (S): `expires`, which the document does not name, is 2147483647 */
const EXPIRES = 2_147_483_647;

/** @differs notify subscribe (I): the words of the refusals 286 and 305, of which older guides have the numbers; those of 293 are seen */
const wrongCallback = refuse(293, 'The callback URL is either absent or incorrect');
const noSubscription = refuse(286, 'No such subscription was found');
const tooMany = refuse(305, 'Too many notifications are already set');

export function notifyRoutes(world: World): Router {
  const { clients, fetch, subscriptions } = world;
  return serve(world, '/notify', {
    subscribe: { endpoint: 'notify subscribe', scopes: [], answer: subscribe },
    get: { endpoint: 'notify get', scopes: [], answer: get },
    list: { endpoint: 'notify list', scopes: [], answer: list },
    update: { endpoint: 'notify update', scopes: [], answer: update },
    revoke: { endpoint: 'notify revoke', scopes: [], answer: revoke },
  });

  async function subscribe(asked: Asked): Promise<Answer> {
    const read = readAppli(asked, 'appli');
    if ('refusal' in read) return read.refusal;
    const url = asked.fields.get('callbackurl') ?? '';
    if (!(await answers(asked.clientId, url))) return wrongCallback;
    const owner = ownerOf(asked);
    const mine = subscriptions.of(owner).length;
    if (mine >= MAX_PER_PERSON || subscriptions.count() >= MAX_IN_ALL) return tooMany;
    subscriptions.add(owner, { appli: read.appli, url, comment: asked.fields.get('comment') ?? '' });
    return success({});
  }

  function get(asked: Asked): Answer {
    const found = find(asked, asked.fields.get('appli') || '1');
    if (!found) return noSubscription;
    const { appli, url, comment } = found;
    return success({ appli, callbackurl: url, comment });
  }

  function list(asked: Asked): Answer {
    const only = asked.fields.get('appli');
    const profiles = subscriptions
      .of(ownerOf(asked))
      .filter(({ appli }) => !only || String(appli) === only)
      .map(({ appli, url, comment }) => ({ appli, callbackurl: url, expires: EXPIRES, comment }));
    return success({ profiles });
  }

  async function update(asked: Asked): Promise<Answer> {
    const found = find(asked, asked.fields.get('appli') ?? '');
    if (!found) return noSubscription;
    const { fields } = asked;
    const read = fields.has('new_appli') ? readAppli(asked, 'new_appli') : { appli: found.appli };
    if ('refusal' in read) return read.refusal;
    const url = fields.get('new_callbackurl') ?? found.url;
    if (url !== found.url && !(await answers(asked.clientId, url))) return wrongCallback;
    const changes = { appli: read.appli, url, comment: fields.get('comment') ?? found.comment };
    subscriptions.change(found.id, changes);
    return success({});
  }

  /** @differs notify revoke (I): without `appli`: all that go to this URL */
  function revoke(asked: Asked): Answer {
    const only = asked.fields.get('appli');
    const url = asked.fields.get('callbackurl');
    const found = subscriptions
      .of(ownerOf(asked))
      .filter((each) => each.url === url && (!only || String(each.appli) === only));
    if (found.length === 0) return noSubscription;
    for (const { id } of found) subscriptions.remove(id);
    return success({});
  }

  function find(asked: Asked, appli: string): Subscription | undefined {
    const url = asked.fields.get('callbackurl');
    return subscriptions.of(ownerOf(asked)).find((each) => each.url === url && String(each.appli) === appli);
  }

  /**
   * Whether the URL may be called and answers a HEAD with 2xx (documented).
   *
   * @differs notify subscribe (ours): called is only the origin of a registered callback URL; Withings asks for a public https address instead
   */
  async function answers(clientId: string, url: string): Promise<boolean> {
    const own = clients.get(clientId)?.redirectUris.map((uri) => new URL(uri).origin) ?? [];
    if (url.length > 255 || !isCallback(url) || !own.includes(new URL(url).origin)) return false;
    const signal = AbortSignal.timeout(PROBE_MS);
    const probe = fetch(url, { method: 'HEAD', redirect: 'manual', signal });
    return probe.then(
      ({ ok }) => ok,
      () => false,
    );
  }
}

/** A category that the grant allows. */
function readAppli({ fields, scope }: Asked, name: string): { appli: number } | { refusal: Answer } {
  const text = fields.get(name) ?? '';
  const needed = /^\d{1,3}$/.test(text) ? scopeOf(Number(text)) : undefined;
  if (!needed) return { refusal: invalidParams(`invalid ${name}`) };
  return scope.includes(needed) ? { appli: Number(text) } : { refusal: insufficientScope };
}

function ownerOf({ person, clientId }: Asked): Owner {
  return { user_id: person.userId, client_id: clientId };
}
