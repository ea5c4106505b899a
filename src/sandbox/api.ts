import type { Response } from 'express';
import { type Answer, notImplemented } from './answers.ts';
import type { Counters } from './counters.ts';
import type { Delays } from './delays.ts';
import { type Call, DELIVERY, type Faults, INSTEAD } from './faults.ts';
import { deliver, sendAnswer, sendInstead } from './wire.ts';

/** Where every call of the API goes through: faults strike here, and every outcome is counted. */
export class Api {
  readonly #faults: Faults;
  readonly #counters: Counters;
  readonly #delays: Delays;

  constructor(faults: Faults, counters: Counters, delays: Delays) {
    this.#faults = faults;
    this.#counters = counters;
    this.#delays = delays;
  }

  answer(res: Response, call: Call, work: () => Answer): void {
    const endpoint = [call.endpoint, call.grantType].filter(Boolean).join(' ');
    const instead = this.#faults.strike(INSTEAD, call);
    if (instead) {
      this.#counters.count(endpoint, instead.name);
      sendInstead(res, instead.name);
      return;
    }
    const spoilt = this.#faults.strike(DELIVERY, call);
    const answer = work();
    this.#counters.count(endpoint, spoilt?.name ?? (answer.status === 0 ? 'ok' : String(answer.status)));
    if (spoilt) deliver(res, answer, spoilt, this.#delays);
    else sendAnswer(res, answer);
  }

  /** A path or an action that this sandbox, or Withings, does not have. */
  unknown(res: Response): void {
    this.#counters.count('not implemented', String(notImplemented.status));
    sendAnswer(res, notImplemented);
  }
}
