import { fileURLToPath } from 'node:url';
import express, { type Express } from 'express';
import type { Config } from '../config/config.ts';
import type { Attempts } from '../connect/attempts.ts';
import { disconnectRoutes, type Receipts } from '../connect/disconnect.ts';
import { homeRoutes } from '../connect/home.ts';
import { connectRoutes } from '../connect/routes.ts';
import type { DataLoader } from '../dashboard/data-loader.ts';
import type { Events } from '../dashboard/events.ts';
import type { News } from '../dashboard/news.ts';
import { dashboardRoutes } from '../dashboard/routes.ts';
import { healthRoutes, lastAnswers } from '../operations/health.ts';
import { type Log, logRequests } from '../operations/logging.ts';
import type { Readiness } from '../operations/readiness.ts';
import type { PartnerConnections } from '../partner/connections.ts';
import { handOffRoutes } from '../partner/hand-off.ts';
import { partnerRoutes } from '../partner/routes.ts';
import { notFound, problemPage } from '../problems/page.ts';
import type { Sessions } from '../session/session.ts';
import type { Store } from '../store/store.ts';
import type { Disconnect } from '../tokens/disconnect.ts';
import type { Grants } from '../tokens/grants.ts';
import { addressLimit, bodyLimits, requestId } from '../web/requests.ts';
import { refuseCrossSite } from '../web/same-origin.ts';
import { securityHeaders } from '../web/security-headers.ts';
import { type WebhookParts, webhookRoutes } from '../webhooks/routes.ts';
import type { Withings } from '../withings/client.ts';

export interface AppParts {
  config: Config;
  store: Store;
  sessions: Sessions;
  withings: Withings;
  grants: Grants;
  attempts: Attempts;
  sources: DataLoader;
  events: Events;
  receipts: Receipts;
  /** Told when somebody has connected. */
  onConnected: () => void;
  /** Where Withings notifies us; null: it does not. */
  webhooks: WebhookParts | null;
  newsOf: ((grantId: string) => Promise<News>) | null;
  disconnect: Disconnect;
  partnerConnections: PartnerConnections;
  now: () => number;
  /** Milliseconds since any fixed moment; never steps. */
  monotonic: () => number;
  log: Log;
  readiness: Readiness;
  /** The embedded sandbox, where there is one: another site's pages, under an address of ours. */
  sandbox: express.RequestHandler | null;
}

/** The table of contents: what every request passes, in this order. */
export function createApp(parts: AppParts): Express {
  const { config, log } = parts;
  const { publicUrl, refreshMarginSeconds } = config;

  const app = express();
  app.disable('etag'); // personal answers are not stored, so there is nothing to compare
  app.set('trust proxy', config.trustProxy);
  app.set('views', folder('../../views'));
  app.set('view engine', 'ejs');
  app.enable('view cache');
  app.locals.sandbox = config.withings.sandbox;

  app.use(requestId);
  app.use(logRequests(log, parts.monotonic));
  app.use(securityHeaders(publicUrl));
  app.use(addressLimit);
  app.use(lastAnswers(parts.readiness));
  app.use(healthRoutes(parts.readiness));
  if (parts.sandbox) app.use('/sandbox', parts.sandbox);
  app.use('/assets', express.static(folder('../../public'), { index: false, redirect: false, maxAge: '1h' }));
  app.get('/favicon.ico', (_req, res) => res.redirect(301, '/assets/icon.svg')); // for pages that name no icon
  if (config.partnerApiKey) {
    app.use(partnerRoutes(config.partnerApiKey, { ...parts, connections: parts.partnerConnections }));
  }
  if (parts.webhooks) app.use(webhookRoutes(parts.webhooks));
  app.use(bodyLimits);
  app.use(refuseCrossSite(publicUrl));
  app.use(parts.sessions.middleware);
  app.use(homeRoutes(parts));
  app.use(connectRoutes({ ...parts, usualReturn: '/dashboard' }));
  app.use(dashboardRoutes({ ...parts, refreshMarginSeconds }));
  app.use(disconnectRoutes(parts));
  if (config.partnerApiKey) app.use(handOffRoutes({ ...parts, connections: parts.partnerConnections }));
  app.use(notFound);
  app.use(problemPage(log));
  return app;
}

function folder(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
