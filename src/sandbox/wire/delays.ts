import type { Response } from 'express';

/** Answers that wait. Nothing here keeps a process alive, and close() leaves nobody hanging. */
export class Delays {
  readonly #waiting = new Map<NodeJS.Timeout, Response>();

  /** Does something to a response later, unless the caller has gone by then. */
  after(res: Response, milliseconds: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      // Otherwise a slow answer would go on for hours after its reader has left.
      if (!res.destroyed) act();
    }, milliseconds);
    timer.unref();
    this.#waiting.set(timer, res);
  }

  close(): void {
    for (const [timer, res] of this.#waiting) {
      clearTimeout(timer);
      res.destroy();
    }
    this.#waiting.clear();
  }
}
