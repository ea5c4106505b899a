import { get, type IncomingMessage } from 'node:http';
import type { TestApp } from './app.ts';
import { atEnd } from './machine.ts';

export interface EventStream {
  status: number;
  headers: IncomingMessage['headers'];
  /** The data of the next event of this name; rejects when the stream ends before. */
  next(name?: string): Promise<Record<string, unknown>>;
  /** Resolves when the server has ended it. */
  ended: Promise<void>;
  close(): void;
}

/** A browser's EventSource, as far as a test needs one. */
export function openEvents(
  app: Pick<TestApp, 'url'>,
  cookie: string,
  path = '/events',
  more: Record<string, string> = {},
): Promise<EventStream> {
  return new Promise((resolve, reject) => {
    const headers = { Cookie: cookie, Accept: 'text/event-stream', ...more };
    const request = get(`${app.url}${path}`, { headers });
    atEnd(() => void request.destroy());
    request.once('error', reject);
    request.once('response', (response) => {
      const events: [string, string][] = [];
      let waiting: (() => void) | undefined;
      let text = '';
      let over = false;
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const [, name, data] = /^event: (.+)\ndata: (.+)$/.exec(block) ?? [];
          if (name && data) events.push([name, data]);
        }
        waiting?.();
      });
      const ended = new Promise<void>((done) => {
        response.once('close', () => {
          over = true;
          waiting?.();
          done();
        });
      });
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        ended,
        close: () => void request.destroy(),
        async next(name = 'connection') {
          while (!events.some(([seen]) => seen === name)) {
            if (over) throw new Error('The stream has ended');
            await new Promise<void>((wake) => {
              waiting = wake;
            });
          }
          const index = events.findIndex(([seen]) => seen === name);
          const [[, data = '{}'] = []] = events.splice(index, 1);
          return JSON.parse(data);
        },
      });
    });
  });
}
