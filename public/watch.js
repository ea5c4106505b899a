const SILENCE_MS = 40_000; // the server says something every fifteen seconds
const ASK_MS = 20_000;
const CLOSED = 2; // EventSource.CLOSED

/**
 * Hears of changes by the stream of events. Where none comes through (some proxies hold events back, and a site has
 * streams for so many pages) it asks now and then.
 *
 * @typedef {EventTarget & { readyState: number, close: () => void }} Stream what we need of an EventSource
 *
 * @param {{
 *   open: () => Stream,
 *   ask: () => Promise<string>,
 *   changed: () => void,
 *   clock: {
 *     setTimeout: (run: () => void, ms: number) => number,
 *     clearTimeout: (timer: number | undefined) => void,
 *   },
 * }} parts `open` opens the stream; `ask` resolves to the status as text and rejects when nobody answers; `changed`:
 *   what is shown may be old
 */
export function watchConnection({ open, ask, changed, clock }) {
  /** @type {Stream | undefined} */
  let events;
  /** @type {number | undefined} */
  let silence;
  let asking = false;
  /** @type {number | undefined} */
  let next;

  function stop() {
    events?.close();
    events = undefined;
    asking = false;
    clock.clearTimeout(silence);
    clock.clearTimeout(next);
  }

  function heard() {
    clock.clearTimeout(silence);
    silence = clock.setTimeout(askInstead, SILENCE_MS);
  }

  /** @param {boolean} shown whether the page shows what is true now: what the stream says first is no change then */
  function start(shown) {
    stop();
    const stream = open();
    events = stream;
    heard();
    stream.addEventListener('connection', () => {
      heard();
      if (!shown) changed();
      shown = false;
    });
    stream.addEventListener('news', () => {
      heard();
      changed();
    });
    stream.addEventListener('heartbeat', heard);
    stream.addEventListener('error', () => {
      shown = false; // whatever comes after a pause may be new
      if (stream.readyState === CLOSED) askInstead();
    });
  }

  function askInstead() {
    stop();
    asking = true;
    /** @type {string | undefined} */
    let known;
    let isAway = false;
    const askOnce = async () => {
      const status = await ask().catch(() => undefined);
      if (!asking) return;
      if (isAway && status) return start(false); // whoever was away is back, and its streams with it
      isAway = !status;
      if (status && status !== known) changed();
      known = status ?? known;
      next = clock.setTimeout(askOnce, ASK_MS);
    };
    void askOnce();
  }

  return { start, stop };
}
