import diagnostics from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { atEnd } from './machine.ts';

interface Crowd {
  path: string;
  cookie: string;
  times: number;
  /** What a good answer contains. */
  words: string;
}

/**
 * One connection with many requests, none waiting for the answer to the one before (HTTP pipelining). How many
 * answers contained the words.
 */
export function askManyTimes(port: number, { path, cookie, times, words }: Crowd): Promise<number> {
  const isGood = (answer: string) => answer.includes(words);
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    atEnd(() => void socket.destroy());
    const one = (more: string) =>
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\n${more}\r\n`;
    socket.write(one('').repeat(times - 1) + one('Connection: close\r\n'));
    let good = 0;
    let last = '';
    socket.setEncoding('utf8').on('data', (text) => {
      const answers = `${last}${text}`.split('HTTP/1.1 ');
      last = answers.pop() ?? '';
      good += answers.filter(isGood).length;
    });
    socket.once('end', () => resolve(good + (isGood(last) ? 1 : 0)));
    socket.once('error', reject);
  });
}

/** Resolves when so many requests for an address have come in at the servers of this process. */
export function arrivals(address: string, expected: number): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const onStart = (message: unknown) => {
      const { request } = message as { request: IncomingMessage };
      if (request.url === address) count += 1;
      if (count === expected) resolve();
    };
    diagnostics.subscribe('http.server.request.start', onStart);
    atEnd(() => void diagnostics.unsubscribe('http.server.request.start', onStart));
  });
}
