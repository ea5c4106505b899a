import { Agent, request } from 'node:http';

/** Longer than a page needs, even where another process holds up the store for a while. */
const PATIENCE_MS = 5000;

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/**
 * @typedef {object} Answer
 * @property {number} status 0: there was no answer
 * @property {import('node:http').IncomingHttpHeaders} headers
 * @property {string} text
 */

/**
 * One request on this host. Never throws and follows nothing.
 *
 * @param {number} port
 * @param {string} method
 * @param {string} path
 * @param {Record<string, string>} [headers]
 * @param {string} [localAddress] which of this host's addresses asks
 * @returns {Promise<Answer>}
 */
export function ask(port, method, path, headers = {}, localAddress) {
  return new Promise((resolve) => {
    const none = () => resolve({ status: 0, headers: {}, text: '' });
    const sent = request(
      { agent, host: '127.0.0.1', port, localAddress, method, path, headers, timeout: PATIENCE_MS },
      (res) => {
        let text = '';
        res.setEncoding('utf8');
        res.on('data', (chunk) => {
          text += chunk;
        });
        res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
        res.on('error', none);
        res.on('close', none);
      },
    );
    sent.on('timeout', () => sent.destroy());
    sent.on('error', none);
    sent.end();
  });
}
