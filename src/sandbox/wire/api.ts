import type { Response } from 'express';
import type { Fields } from '../input.ts';
import { type Answer, notImplemented } from './answers.ts';
import type { CallLog } from './call-log.ts';
import type { Counters } from './counters.ts';
import type { Delays } from './delays.ts';
import { type Call, callName, DELIVERY, type Faults, INSTEAD } from './faults.ts';
import { deliver, sendAnswer, sendInstead } from './send.ts';

/** Where every call of the API goes through: faults strike here, and every outcome is counted and logged. */
export class Api {
  readonly #faults: Faults;
  readonly #counters: Counters;
  readonly #delays: Delays;
  readonly #log: CallLog;

  constructor(faults: Faults, counters: Counters, delays: Delays, log: CallLog) {
    this.#faults = faults;
    this.#counters = counters;
    this.#delays = delays;
    this.#log = log;
  }

  async answer(
    res: Response,
    call: Call,
    fields: Fields,
    work: () => Answer | Promise<Answer>,
  ): Promise<void> {
    const instead = this.#faults.strike(INSTEAD, call);
    if (instead) {
      this.#note(call, instead.name, fields, '(nothing was done)');
      sendInstead(res, instead.name);
      return;
    }
    const spoilt = this.#faults.strike(DELIVERY, call);
    const answer = await work();
    const outcome = spoilt?.name ?? (answer.status === 0 ? 'ok' : String(answer.status));
    const text = JSON.stringify(answer);
    this.#note(call, outcome, fields, text);
    if (spoilt) deliver(res, text, spoilt, this.#delays);
    else sendAnswer(res, text);
  }

  /** A path or an action that this sandbox, or Withings, does not have. */
  unknown(res: Response, fields: Fields): void {
    const outcome = String(notImplemented.status);
    const text = JSON.stringify(notImplemented);
    this.#counters.count('not implemented', outcome);
    this.#log.add('not implemented', outcome, fields, text);
    sendAnswer(res, text);
  }

  #note(call: Call, outcome: string, fields: Fields, answer: string): void {
    const endpoint = callName(call);
    this.#counters.count(endpoint, outcome);
    this.#log.add(endpoint, outcome, fields, answer);
  }
}
