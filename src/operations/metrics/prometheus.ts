import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Observer } from '../observer.ts';
import type { Totals } from '../totals.ts';
import { inBatches } from './batches.ts';

export interface PrometheusParts {
  /** Milliseconds since any fixed moment; never steps. */
  monotonic: () => number;
  about: { version: string; store: string; durable: boolean; callsPerMinute: number };
  /** Asked at each scrape; what cannot be told then is left out of it. */
  now: () => number;
  readTotals: () => Promise<Totals>;
}

export interface Prometheus {
  observer: Partial<Observer>;
  /** An operation of the store has ended, with this error or none. */
  onStoreOperation(operation: string, milliseconds: number, error: unknown): void;
  contentType: string;
  /** Everything, as Prometheus reads it. */
  text(): Promise<string>;
}

const PREFIX = 'withings_connect_';
const HTTP_SECONDS = [0.05, 0.25, 1, 2.5];
const CALL_SECONDS = [0.25, 1, 2.5, 10];
const STORE_SECONDS = [0.0001, 0.001, 0.01, 0.05, 0.25, 1];
const SWEEP_SECONDS = [0.1, 1, 10, 60];
/** Each look at the event loop wakes the process: at prom-client's 10 ms that alone was 2 % of a busy one. */
const LOOP_EVERY_MS = 50;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'DELETE']);
const ENDS = ['refused', 'unlinked', 'restored', 'disconnected'];
/** Open for as long as somebody looks. */
const STREAMS = '/events';

/** Counts what is told, in this process; no label has a value that a person, a partner or a stranger may choose. */
export function createPrometheus({ monotonic, about, now, readTotals }: PrometheusParts): Prometheus {
  const registers = [new Registry()];
  const [registry = new Registry()] = registers;
  const named = (name: string, help: string) => ({ name: PREFIX + name, help, registers });
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ ...named(name, help), labelNames });
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ ...named(name, help), labelNames });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], ...labelNames: L[]) =>
    new Histogram({ ...named(name, help), buckets, labelNames });

  collectDefaultMetrics({
    register: registry,
    prefix: PREFIX,
    gcDurationBuckets: [0.01, 0.1],
    eventLoopMonitoringPrecision: LOOP_EVERY_MS,
  });

  const requests = counter('http_requests_total', 'Requests answered', 'method', 'route', 'status');
  const requestSeconds = histogram(
    'http_request_duration_seconds',
    'How long answers took, but for event streams',
    HTTP_SECONDS,
    'route',
  );
  const connecting = counter('connect_attempts_total', 'Ways to Withings and back', 'outcome');
  const refreshes = counter('refreshes_total', 'Refresh calls', 'outcome', 'trigger');
  const refreshSeconds = histogram('refresh_duration_seconds', 'How long refresh calls took', CALL_SECONDS);
  const ended = counter('connections_ended_total', 'Connections that have ended', 'reason');
  const revocations = counter('revocations_total', 'Permissions given back', 'outcome');
  const calls = counter('provider_calls_total', 'Calls to Withings', 'endpoint', 'outcome');
  const callSeconds = histogram(
    'provider_call_duration_seconds',
    'How long calls to Withings took',
    CALL_SECONDS,
    'service',
  );
  const turns = counter('provider_turns_total', 'Turns in the line of calls', 'priority', 'result');
  const turnSeconds = histogram(
    'provider_turn_wait_seconds',
    'How long a turn was waited for',
    CALL_SECONDS,
    'priority',
  );
  const notifications = counter(
    'notifications_total',
    'Notifications about somebody known',
    'appli',
    'result',
  );
  const sweeps = counter('sweeps_total', 'Rounds of the sweeper', 'outcome');
  const sweepSeconds = histogram('sweep_duration_seconds', 'How long its rounds took', SWEEP_SECONDS);
  const failures = counter('background_failures_total', 'Work that failed with nobody waiting', 'kind');
  const operations = counter('store_operations_total', 'Operations of the store', 'operation');
  const secondsIn = counter('store_operations_seconds_total', 'How long they took in all', 'operation');
  /** Added up here, and told when somebody asks: there are several in each request. */
  const spent = new Map<string, { count: number; seconds: number }>();
  const operationSeconds = histogram(
    'store_operation_duration_seconds',
    'How long operations of the store took',
    STORE_SECONDS,
    'kind',
  );
  const storeErrors = counter('store_errors_total', 'Operations that the store refused', 'operation');

  // What is alerted of has to be there before it happens: an increase from nothing is none.
  for (const reason of ENDS) ended.inc({ reason }, 0);
  refreshes.inc({ outcome: 'client-refused', trigger: 'sweep' }, 0); // as many triggers meet it as come

  gauge('build_info', 'Always 1', 'version', 'node', 'store').set(
    { version: about.version, node: process.version, store: about.store },
    1,
  );
  gauge('store_durable', '1: a change that was answered survives a crash of its host', 'store').set(
    { store: about.store },
    Number(about.durable),
  );
  gauge('provider_quota_calls_per_minute', 'What Withings allows').set(about.callsPerMinute);

  const streams = gauge('event_streams_open', 'Pages that are told of changes');
  const connections = gauge('connections', 'Connections in the store', 'state', 'demo');
  const grantsOpen = gauge('grants_open', 'Refreshes that are not finished, and pairs that are not proven');
  const oldestOpen = gauge('grants_open_oldest_seconds', 'Since when the oldest of them is open');
  const oldKey = gauge('records_under_old_key', 'Records that a former SESSION_SECRET has sealed');
  const unknownKey = gauge('records_under_unknown_key', 'Records that no SESSION_SECRET at hand opens');
  const quotaUsed = gauge('provider_quota_calls_used', 'Calls of the last minute');

  async function readStore(): Promise<void> {
    try {
      const totals = await readTotals();
      for (const { state, all, demo } of totals.states) {
        connections.set({ state, demo: 'no' }, all - demo);
        connections.set({ state, demo: 'yes' }, demo);
      }
      grantsOpen.set(totals.open);
      oldestOpen.set(totals.openSince === null ? 0 : Math.max(0, now() - totals.openSince) / 1000);
      oldKey.set(totals.underOldKey);
      unknownKey.set(totals.underUnknownKey);
      quotaUsed.set(totals.calls);
    } catch {
      connections.reset(); // an old number would pass for today's
      for (const each of [grantsOpen, oldestOpen, oldKey, unknownKey, quotaUsed]) each.remove();
    }
  }

  const answered = inBatches<Parameters<Observer['onRequest']>>(({ method, route, status, milliseconds }) => {
    const label = route.startsWith('/sandbox') ? '/sandbox' : route;
    const known = METHODS.has(method) ? method : 'other';
    requests.inc({ method: known, route: label, status: `${Math.floor(status / 100)}xx` });
    if (route !== STREAMS) requestSeconds.observe({ route: label }, milliseconds / 1000);
  });

  const operated = inBatches<Parameters<Prometheus['onStoreOperation']>>((operation, milliseconds, error) => {
    const sofar = spent.get(operation) ?? { count: 0, seconds: 0 };
    sofar.count += 1;
    sofar.seconds += milliseconds / 1000;
    spent.set(operation, sofar);
    const kind = /^(read|count|list|heldSince|revocationsUnderWay)/.test(operation) ? 'read' : 'write';
    operationSeconds.observe({ kind }, milliseconds / 1000);
    if (error !== null) storeErrors.inc({ operation });
  });

  return {
    observer: {
      onRequest: answered.add,
      onConnecting: (outcome) => connecting.inc({ outcome }),
      onRefresh(_grant, refusal, { trigger, isRecovery, milliseconds }) {
        const outcome = refusal?.code ?? (isRecovery ? 'recovered' : 'refreshed');
        refreshes.inc({ outcome, trigger });
        refreshSeconds.observe(milliseconds / 1000);
      },
      onLost: (_grant, { reason }) => ended.inc({ reason }),
      onDisconnected: () => ended.inc({ reason: 'disconnected' }),
      onRevocation: (_grant, outcome) => revocations.inc({ outcome }),
      onCall(endpoint) {
        const begun = monotonic();
        const [service = ''] = endpoint.split('.');
        return (outcome) => {
          calls.inc({ endpoint, outcome });
          callSeconds.observe({ service }, (monotonic() - begun) / 1000);
        };
      },
      onTurn(priority, result, waitedMs) {
        turns.inc({ priority, result });
        if (result !== 'refused') turnSeconds.observe({ priority }, waitedMs / 1000);
      },
      onHandled: (_grant, appli, result) => notifications.inc({ appli: String(appli ?? 'none'), result }),
      onSweep() {
        const begun = monotonic();
        return (isComplete) => {
          sweeps.inc({ outcome: isComplete ? 'complete' : 'failed' });
          sweepSeconds.observe((monotonic() - begun) / 1000);
        };
      },
      onStreams: (count) => streams.set(count),
      onError: (error) => failures.inc({ kind: isOfStore(error) ? 'store' : 'other' }),
    },
    onStoreOperation: operated.add,
    contentType: registry.contentType,
    async text() {
      await readStore();
      for (const each of [answered, operated]) each.flush();
      for (const each of [operations, secondsIn]) each.reset();
      for (const [operation, { count, seconds }] of spent) {
        operations.inc({ operation }, count);
        secondsIn.inc({ operation }, seconds);
      }
      return registry.metrics();
    },
  };
}

function isOfStore(error: unknown): boolean {
  return /^(SQLITE|REDIS|POSTGRES)_/.test(String((error as { code?: unknown } | null)?.code));
}
