import { connect } from 'node:net';
import { atEnd } from './app.ts';

/** One connection with many requests, none waiting for the answer to the one before (HTTP pipelining). */
export function askManyTimes(port: number, path: string, cookie: string, times: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    atEnd(() => void socket.destroy());
    const one = (more: string) =>
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nCookie: ${cookie}\r\n${more}\r\n`;
    socket.write(one('').repeat(times - 1) + one('Connection: close\r\n'));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => void chunks.push(chunk));
    socket.once('end', () => resolve(Buffer.concat(chunks).toString().split('HTTP/1.1 ').slice(1)));
    socket.once('error', reject);
  });
}
