import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/config.ts';
import { describe, type Log } from '../operations/logging.ts';
import type { Clocks } from '../time/clocks.ts';
import { createHttpServer } from '../web/http-server.ts';
import { CLOUDS } from '../withings/clouds.ts';
import { createApp } from './app.ts';
import { listen } from './listen.ts';
import { createParts } from './parts.ts';

export interface RunningServer {
  /** Says no at `/readyz`, stops taking requests after the delay, lets those under way finish, closes the store. */
  stop(): Promise<void>;
  /** Resolves when nothing is under way in the background: no refresh, no call that nobody waits for. */
  settled(): Promise<void>;
  /** One round of the sweeper, now. */
  sweep(): Promise<void>;
}

/** From the last request that is taken. Container engines give ten seconds in all, where nothing else is asked of them. */
const STOP_WITHIN_MS = 9_000;

/** Serves until it is stopped. Rejects when the store cannot be opened or the port is taken. */
export async function startServer(config: Config, clocks: Clocks, log: Log): Promise<RunningServer> {
  const parts = await createParts(config, clocks, log);
  const { grants, sweeper, readiness, events, slowData, metrics } = parts;
  const { subscriber, inbox } = parts.notifications;
  const server = createHttpServer(createApp(config, parts, clocks.monotonic, log), (error) =>
    log.error({ error: describe(error) }, 'response failed'),
  );
  try {
    await metrics.open();
    await listen(server, config.port, config.host);
  } catch (error) {
    parts.close();
    throw error;
  }
  if (config.sharedStore !== null && config.shutdownDelaySeconds === 0) {
    log.warn('SHUTDOWN_DELAY_SECONDS is 0: a restart may cost requests that are on their way here');
  }
  if (config.withings.issuer in CLOUDS) {
    log.info('Withings revokes by application and user: this application must serve no other installation');
  }
  sweeper.start();
  subscriber.start();
  return {
    settled: () => slowData.settled().then(grants.settled),
    async sweep() {
      await sweeper.wake();
      await subscriber.wake();
    },
    async stop() {
      readiness.end();
      await clocks.sleep(config.shutdownDelaySeconds * 1000);
      const enough = sleep(STOP_WITHIN_MS, undefined, { ref: false });
      events.close();
      const work = [drain(server), sweeper.stop(), subscriber.stop(), inbox.close(), slowData.close()];
      const finished = Promise.all(work).then(grants.settled);
      await Promise.race([finished, enough]); // what is cut off now is finished after the next start
      server.closeAllConnections();
      parts.close();
    },
  };
}

/** Requests under way may finish; connections that wait for nothing are closed as they fall idle. */
function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const tidy = setInterval(() => server.closeIdleConnections(), 50);
    server.close(() => {
      clearInterval(tidy);
      resolve();
    });
  });
}
