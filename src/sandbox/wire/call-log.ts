import type { Changes } from '../changes.ts';
import type { Clients } from '../clients.ts';
import type { Fields } from '../input.ts';

const KEPT = 500;
const LONGEST = 2000;
/** What is sent under any other name is kept to itself, though it is none of ours: the secret of a real application. */
const HARMLESS = new Set(
  (
    'action grant_type response_type client_id redirect_uri scope mode timestamp userid appli callbackurl ' +
    'new_callbackurl meastype meastypes category data_fields startdate enddate startdateymd enddateymd lastupdate ' +
    'offset order date signalid'
  ).split(' '),
);
/** Tokens, codes, nonces and signatures. */
const ISSUED = /[\da-f]{32,}/gi;
const URLS = /https?:\/\/[^\s"'<>]+/gi;

/** One call of the API as it went over the wire, shortened where it holds a secret. */
export interface LoggedCall {
  id: number;
  /** Milliseconds on the sandbox's clock. */
  at: number;
  endpoint: string;
  outcome: string;
  fields: Record<string, string>;
  answer: string;
}

/** The last calls, in memory: for people who look on, not for keeping. */
export class CallLog {
  readonly #now: () => number;
  readonly #changes: Changes;
  readonly #clients: Pick<Clients, 'all'>;
  #calls: LoggedCall[] = [];
  #next = 1;

  constructor(now: () => number, changes: Changes, clients: Pick<Clients, 'all'>) {
    this.#now = now;
    this.#changes = changes;
    this.#clients = clients;
  }

  add(endpoint: string, outcome: string, fields: Fields, answer: string): void {
    const hide = this.#hider();
    const shown: Record<string, string> = {};
    let room = LONGEST;
    for (const [name, value] of fields) {
      if (room <= 0) break;
      const text = cut(hide(HARMLESS.has(name) ? value : shortened(value)), room);
      shown[cut(hide(name), room)] = text;
      room -= name.length + text.length;
    }
    const call = { id: this.#next, at: this.#now(), endpoint, outcome };
    this.#calls.unshift({ ...call, fields: shown, answer: cut(hide(answer), LONGEST) });
    this.#calls.length = Math.min(this.#calls.length, KEPT);
    this.#next += 1;
    this.#changes.publish();
  }

  /** Newest first. */
  all(): readonly LoggedCall[] {
    return this.#calls;
  }

  clear(): void {
    this.#calls = [];
  }

  /**
   * By value, wherever it stands. Of an address that is not a registered callback URL only the origin: notifications
   * are unsigned, so their receivers' addresses are the secret. Cut later, or a piece of a secret would be left over.
   */
  #hider(): (text: string) => string {
    const clients = this.#clients.all();
    const registered = new Set(clients.flatMap(({ redirectUris }) => redirectUris));
    return (text) => {
      const shown = text
        .replace(URLS, (url) => (registered.has(url) ? url : originOf(url)))
        .replace(ISSUED, shortened);
      return clients.reduce((rest, { secret }) => rest.replaceAll(secret, () => shortened(secret)), shown);
    };
  }
}

function originOf(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}/…` : '…';
}

/** Of a short one nothing: its beginning would be most of it. */
function shortened(secret: string): string {
  return secret.length > 15 ? `${secret.slice(0, 4)}…` : secret && '…';
}

function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
}
