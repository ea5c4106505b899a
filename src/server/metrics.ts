import type { Config } from '../config/config.ts';
import { backgroundLog, type Log } from '../operations/logging.ts';
import { type Observer, together } from '../operations/observer.ts';
import { programVersion } from '../operations/version.ts';
import type { Store } from '../store/store.ts';
import type { Clocks } from '../time/clocks.ts';
import { listen } from './listen.ts';

export interface Metrics {
  /** Hears what happens, and the log with it. */
  told: Observer;
  /** The store, which is counted as well. */
  store: Store;
  /** Rejects when the port is taken. */
  open(): Promise<void>;
  close(): void;
}

/** What counts where METRICS_PORT is set. Without it nothing is loaded for that, and nothing is done. */
export async function createMetrics(
  { metricsPort, metricsHost, callsPerMinute, sharedStore }: Config,
  { store, durable }: { store: Store; durable: boolean },
  { now, monotonic }: Clocks,
  log: Log,
): Promise<Metrics> {
  const logged = backgroundLog(log);
  if (metricsPort === null) return { told: logged, store, open: async () => {}, close() {} };

  const [{ createPrometheus }, { metricsServer }, { timed }] = await Promise.all([
    import('../operations/metrics/prometheus.ts'),
    import('../operations/metrics/listener.ts'),
    import('../operations/metrics/timed.ts'),
  ]);
  const prometheus = createPrometheus({
    now,
    monotonic,
    about: {
      version: programVersion(),
      store: (sharedStore ?? 'SQLite').toLowerCase(),
      durable,
      callsPerMinute,
    },
    readTotals: async () => ({ ...(await store.countConnections()), calls: await store.readCalls() }),
  });
  const server = metricsServer(prometheus, logged.onError);
  return {
    told: together(logged, prometheus.observer),
    store: timed(store, monotonic, prometheus.onStoreOperation),
    open: () =>
      listen(server, metricsPort, metricsHost).catch((error) => {
        throw new Error(`METRICS_PORT, METRICS_HOST: ${error.message}`);
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
