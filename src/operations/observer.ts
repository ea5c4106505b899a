/**
 * What is told of while the program works: to the log, and to the metrics where they are on. `grant` is a name that does
 * not say whose it is; routes are patterns and outcomes are codes, so that nothing here names a person, a path or a token.
 */
export interface Observer {
  /** A request was answered. `route`: its pattern, or `none`. */
  onRequest(request: { method: string; route: string; status: number; milliseconds: number }): void;
  /** `begun`, `connected`, or the code of what went wrong on the way. */
  onConnecting(outcome: string): void;
  /** How each refresh call ended: null, or why Withings gave no new pair. */
  onRefresh(grant: string, refusal: { code: string; remedy: string } | null, how: Refreshing): void;
  /** Withings takes none of its tokens any more. */
  onLost(grant: string, lost: Lost): void;
  /** Somebody has disconnected what was not lost before. Grants that nobody owns any more are told of by `onRevocation`. */
  onDisconnected(): void;
  /** `revoked`, `given-up`, or a code. */
  onRevocation(grant: string, outcome: string): void;
  /** A call begins; what this returns is told how it ended. */
  onCall(endpoint: string): (outcome: string) => void;
  /** Why a call brought no answer. */
  onNoAnswer(what: {
    path: string;
    code: string | null;
    httpStatus: number | null;
    reusedSocket: boolean;
  }): void;
  /** A turn in the line of calls was given or refused, after so long. */
  onTurn(priority: string, result: 'at_once' | 'waited' | 'refused', waitedMs: number): void;
  onBusyDay(day: { calls: number; allowed: number }): void;
  /** How many pieces of an answer to this action made no sense and were left out. */
  onSkipped(action: string, count: number): void;
  /** What came of a notification that was about somebody we know. */
  onHandled(grant: string, appli: number | null, outcome: string): void;
  /** A round of the sweeper begins; what this returns is told whether it came to its end. */
  onSweep(): (isComplete: boolean) => void;
  /** So many pages are told of changes, now that one has come or gone. */
  onStreams(open: number): void;
  /** What went wrong where nobody waits for it. */
  onError(error: unknown): void;
}

export interface Refreshing {
  /** Who wanted it: `visit`, `button`, `sweep`, `age`, `restore`, `partner`, `notification`. */
  trigger: string;
  /** In place of a dead pair, by contract. */
  isRecovery: boolean;
  milliseconds: number;
}

export interface Lost {
  reason: 'refused' | 'unlinked' | 'restored';
  code: string;
  /** What Withings was asked, in this order. */
  tried: string[];
  connectedSeconds: number;
  /** Since the last refresh that went well; null: there was none. */
  refreshedSecondsAgo: number | null;
}

/** Whoever is told of something hears it in this order. */
export function together(first: Observer, ...others: Partial<Observer>[]): Observer {
  if (others.length === 0) return first;
  const names = Object.keys(first) as (keyof Observer)[];
  const told = names.map((name) => {
    const listeners = [first, ...others].flatMap((observer) => (observer[name] ?? []) as Listener | []);
    return [name, (...what: unknown[]) => endOf(listeners.map((listener) => listener(...what)))];
  });
  return Object.fromEntries(told);
}

type Listener = (...what: unknown[]) => unknown;

/** Of what has an end as well. */
function endOf(ends: unknown[]): Listener {
  return (...what) => {
    for (const end of ends) if (typeof end === 'function') end(...what);
  };
}
