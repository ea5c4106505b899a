/** @typedef {import('./chance.js').Chance} Chance */

/** Of 100 refresh calls. "after": a pair was minted, and its answer does not arrive as it should. */
const REFRESH_FAULTS = {
  'lost after': 6,
  'late after': 6,
  'error instead': 3,
  'html after': 2,
  'truncated after': 2,
};

/** Of 100 data calls; "after": the access token counts as used. */
const DATA_FAULTS = { 'lost after': 1, 'late after': 1, 'error instead': 1, 'html after': 0.5 };

/**
 * @param {Chance} chance
 */
export function createFaults(chance) {
  let active = false;
  return {
    /** @param {boolean} on */
    set(on) {
      active = on;
    },
    onRefresh: () => (active ? chance.draw(REFRESH_FAULTS) : null),
    onData: () => (active ? chance.draw(DATA_FAULTS) : null),
  };
}

/**
 * Sends an answer of Withings, or what a fault makes of it. Always HTTP 200 otherwise, as Withings does.
 *
 * @param {import('node:http').ServerResponse} res
 * @param {string | null} fault
 * @param {object} answer
 * @param {number} lateMs
 */
export function send(res, fault, answer, lateMs) {
  const text = JSON.stringify(answer);
  switch (fault) {
    case 'lost after':
      res.destroy();
      return;
    case 'late after':
      setTimeout(() => json(res, text), lateMs);
      return;
    case 'error instead':
      res.writeHead(500, { 'Content-Type': 'text/html' }).end('<h1>Internal Server Error</h1>');
      return;
    case 'html after':
      res.writeHead(200, { 'Content-Type': 'text/html' }).end('<html><body>Maintenance</body></html>');
      return;
    case 'truncated after':
      res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': text.length });
      res.write(text.slice(0, text.length / 2), () => res.destroy());
      return;
    default:
      json(res, text);
  }
}

/** @param {import('node:http').ServerResponse} res @param {string} text */
function json(res, text) {
  res
    .writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
    .end(text);
}
