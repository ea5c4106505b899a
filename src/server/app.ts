import { fileURLToPath } from 'node:url';
import ejs from 'ejs';
import express, { type Express } from 'express';
import { aboutRoutes } from '../about/routes.ts';
import type { Config } from '../config/config.ts';
import { disconnectRoutes } from '../connect/disconnect.ts';
import { homeRoutes } from '../connect/home.ts';
import { readReturnTo } from '../connect/return-to.ts';
import { connectRoutes } from '../connect/routes.ts';
import { example } from '../dashboard/example.ts';
import { preferenceRoutes } from '../dashboard/preferences/preferences.ts';
import { dashboardRoutes } from '../dashboard/routes.ts';
import { doctorRoutes } from '../doctor/route.ts';
import { exploreRoutes } from '../explore/routes.ts';
import { followAttempts } from '../inspect/follow.ts';
import { inspectRoutes } from '../inspect/routes.ts';
import { healthRoutes, lastAnswers } from '../operations/health.ts';
import { type Log, logRequests } from '../operations/logging.ts';
import { operatorRoutes } from '../operator/routes.ts';
import { handOffRoutes } from '../partner/hand-off.ts';
import { partnerRoutes } from '../partner/routes.ts';
import { notFound, problemPage } from '../problems/page.ts';
import { addressOf } from '../web/address.ts';
import { createAssets } from '../web/assets.ts';
import { refuseWhileHeld } from '../web/held.ts';
import { addressLimit, bodyLimits, requestId } from '../web/requests.ts';
import { refuseCrossSite } from '../web/same-origin.ts';
import { securityHeaders } from '../web/security-headers.ts';
import { webhookRoutes } from '../webhooks/routes.ts';
import type { Parts } from './parts.ts';

const VIEWS = folder('../../views');

/**
 * The table of contents: what every request passes, in this order.
 *
 * @param monotonic milliseconds since any fixed moment; never steps
 */
export function createApp(config: Config, parts: Parts, monotonic: () => number, log: Log): Express {
  const { publicUrl, partnerApiKey, operatorKey, refreshMarginSeconds, callsPerMinute } = config;
  const {
    sandbox,
    readiness,
    sessions,
    receipts,
    results,
    attempts,
    codeBudget,
    withings,
    grants,
    outbox,
    now,
  } = parts;
  const { store, told, checks, notices, timezones, inspection } = parts;
  const { dataLoader, events, disconnect, notifications, partnerConnections: connections } = parts;
  const { address, inbox, newsOf } = notifications;
  const { wake } = notifications.subscriber;

  const app = express();
  app.disable('etag'); // personal answers are not stored, so there is nothing to compare
  app.set('trust proxy', config.trustProxy);
  // Compiled once; a part that is included by its path from the root is not looked for in the file system each time.
  app.engine('ejs', (view, words, done) => ejs.renderFile(view, words, { root: VIEWS, cache: true }, done));
  app.set('views', VIEWS);
  app.set('view engine', 'ejs');
  app.enable('view cache');
  const assets = createAssets(folder('../../public'));
  const { sandbox: isSandbox } = config.withings;
  Object.assign(app.locals, { sandbox: isSandbox, publicUrl, inspect: config.inspect, assets: assets.files });

  app.use(requestId);
  app.use(logRequests(log, monotonic, told));
  app.use(securityHeaders(publicUrl));
  app.use(addressLimit);
  app.use(lastAnswers(readiness));
  app.use(healthRoutes(readiness));
  app.use(doctorRoutes(publicUrl, parts.doctor));
  if (sandbox) app.use('/sandbox', sandbox.router);
  app.use(assets.routes);
  app.get('/favicon.ico', (_req, res) => res.redirect(301, '/assets/icon.svg')); // for pages that name no icon
  app.use(aboutRoutes(config));
  if (operatorKey) app.use(operatorRoutes(operatorKey, { store, now, refreshMarginSeconds, callsPerMinute }));
  app.use(refuseWhileHeld(parts.isHeld));
  if (partnerApiKey) {
    const timezoneOf = timezones.of;
    app.use(
      partnerRoutes(partnerApiKey, {
        connections,
        grants,
        disconnect,
        timezoneOf,
        now,
        log,
        onConnected: wake,
      }),
    );
  }
  app.use(webhookRoutes({ address, inbox }));
  app.use(bodyLimits);
  app.use(refuseCrossSite(publicUrl));
  app.use(sessions.middleware);
  app.use(homeRoutes({ receipts, notices, sessions, withings, example, now }));
  const following = inspection && followAttempts({ ...inspection, now, ...told });
  if (following) app.use(following.router);
  app.use(
    connectRoutes({
      outbox,
      attempts,
      results,
      codeBudget,
      sessions,
      withings,
      now,
      log,
      mountPath: '',
      readReturnTo,
      usualReturn: '/dashboard',
      onConnecting: told.onConnecting,
      ...(following && { onBegun: following.onBegun }),
      onConnected(req, res) {
        following?.onConnected(req);
        receipts.clear(req, res);
        notices.clear(req, res);
        wake();
      },
    }),
  );
  app.use(
    dashboardRoutes({
      grants,
      sessions,
      checks,
      notices,
      dataLoader,
      timezones,
      events,
      newsOf,
      publicUrl,
      now,
      refreshMarginSeconds,
    }),
  );
  if (inspection) {
    app.use(inspectRoutes({ ...inspection, config }));
    app.use(exploreRoutes({ grants, withings, timezones, store, config, now, monotonic }));
  }
  app.use(preferenceRoutes({ notices }));
  app.use(
    disconnectRoutes({
      disconnect,
      sessions,
      receipts,
      notices,
      timezoneOf: timezones.of,
      forget: dataLoader.forget,
      now,
      log,
    }),
  );
  if (partnerApiKey) app.use(handOffRoutes({ connections, sessions, notices }));
  app.use(notFound);
  app.use(problemPage(log, addressOf));
  return app;
}

function folder(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
