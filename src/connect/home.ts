import { Router } from 'express';
import { onlyMethods } from '../web/requests.ts';
import { noStore } from '../web/security-headers.ts';
import type { Receipts } from './disconnect.ts';

/** The first page: what this is, the button, the demo link; for someone who just left, a receipt. */
export function homeRoutes({ receipts }: { receipts: Receipts }): Router {
  const router = Router();
  router.get('/', noStore, (req, res) => {
    const grant = req.session.withings;
    const receipt = grant ? null : receipts.read(req);
    res.render('home', {
      connected: grant ? { userId: grant.userId, demo: grant.demo } : null,
      receipt: receipt && { ...receipt, time: `${new Date(receipt.at).toISOString().slice(11, 16)} UTC` },
    });
  });
  router.all('/', onlyMethods('GET, HEAD'));
  return router;
}
