import express, { type RequestHandler, Router } from 'express';
import { Problem } from '../problems/catalogue.ts';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import type { Address } from './address.ts';
import type { Inbox } from './inbox.ts';
import { readNotification } from './notification.ts';

export interface WebhookParts {
  address: Pick<Address, 'admits'>;
  inbox: Pick<Inbox, 'put'>;
}

/**
 * Withings asks HEAD before it subscribes, and POSTs what is new; it waits two seconds, so work comes later. Whoever knows
 * the address is answered 200, whatever kind they are of: Withings counts failures, and ends the subscriptions of who has many.
 */
export function webhookRoutes({ address, inbox }: WebhookParts): Router {
  const path = '/webhooks/withings/:secret';
  const router = Router();
  const admit: RequestHandler<{ secret: string }> = (req, _res, next) => {
    if (!address.admits(req.params.secret)) throw new Problem('not-found');
    next();
  };
  router.head(path, admit, noStore, (_req, res) => void res.status(200).end());
  router.post(path, admit, noStore, form, (req, res) => {
    const notification = readNotification(req.body);
    if (notification) inbox.put(notification);
    res.status(200).end();
  });
  router.all(path, admit, onlyMethods('HEAD, POST'));
  return router;
}

const form = express.urlencoded({ extended: false, limit: '16kb', parameterLimit: 200 });
