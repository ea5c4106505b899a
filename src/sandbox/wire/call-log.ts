import type { Changes } from '../changes.ts';
import type { Fields } from '../input.ts';

const KEPT = 60;
const LONGEST = 2000;
const SECRETS = /secret|token|signature|^code$|nonce/;

/** One call of the API as it went over the wire, shortened where it holds a secret. */
export interface LoggedCall {
  id: number;
  /** Milliseconds on the sandbox's clock. */
  at: number;
  endpoint: string;
  outcome: string;
  request: string;
  answer: string;
}

/** The last calls, in memory: for people who look on, not for keeping. */
export class CallLog {
  readonly #now: () => number;
  readonly #changes: Changes;
  #calls: LoggedCall[] = [];
  #next = 1;

  constructor(now: () => number, changes: Changes) {
    this.#now = now;
    this.#changes = changes;
  }

  add(endpoint: string, outcome: string, fields: Fields, answer: string): void {
    const sent = [...fields].map(
      ([name, value]) => `${name}=${SECRETS.test(name) ? shortened(value) : value}`,
    );
    const call = { id: this.#next, at: this.#now(), endpoint, outcome };
    this.#calls.unshift({ ...call, request: cut(sent.join('\n')), answer: withoutSecrets(cut(answer)) });
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
}

export function shortened(secret: string): string {
  return secret.length > 4 ? `${secret.slice(0, 4)}…` : secret;
}

/** Tokens, codes and nonces are 40 hex digits wherever they appear; the CSRF token is 32; what is cut may end in one. */
function withoutSecrets(answer: string): string {
  return answer.replace(/"(\w*(?:token|code|nonce))":"([0-9a-f]{5,40})/g, (_all, name, secret) => {
    return `"${name}":"${shortened(secret)}`;
  });
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
}
