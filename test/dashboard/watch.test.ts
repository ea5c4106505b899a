import { expect, test } from '@jest/globals';
import { watchConnection } from '../../public/watch.js';
import { createTimers } from '../support/timers.ts';

const CLOSED = 2;

/** The page's watch with a browser that the test plays: its streams, its timers and what the server answers. */
function startWatch() {
  const streams: FakeStream[] = [];
  const timers = createTimers();
  let answer: () => Promise<string> = async () => 'connected';
  const seen = { changes: 0, asks: 0, timers };
  const watch = watchConnection({
    open() {
      const stream = new FakeStream();
      streams.push(stream);
      return stream;
    },
    ask() {
      seen.asks += 1;
      return answer();
    },
    changed() {
      seen.changes += 1;
    },
    clock: timers.clock,
  });
  /** The only timer that runs has run out. */
  async function wait(ms: number) {
    expect(timers.waits()).toEqual([ms]);
    timers.runOut();
    await settle();
  }
  const answers = (text: string | null) => {
    answer = async () => text ?? Promise.reject(new Error('nobody answers'));
  };
  return { watch, streams, seen, wait, answers };
}

class FakeStream extends EventTarget {
  readyState = 1;
  close() {
    this.readyState = CLOSED;
  }
  say(name: string) {
    this.dispatchEvent(new Event(name));
  }
  fail() {
    this.readyState = CLOSED;
    this.say('error');
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const SILENCE = 40_000;
const ASK = 20_000;

test('what the stream says first is shown already; what follows, and news, are changes', () => {
  const { watch, streams, seen } = startWatch();
  watch.start(true);
  streams[0]?.say('connection');
  expect(seen.changes).toBe(0);
  streams[0]?.say('connection');
  streams[0]?.say('news');
  expect(seen.changes).toBe(2);
});

test('after a pause whatever comes first may be new', () => {
  const { watch, streams, seen } = startWatch();
  watch.start(true);
  streams[0]?.say('error'); // the browser tries again by itself
  streams[0]?.say('connection');
  expect([streams.length, seen.changes]).toEqual([1, 1]);
});

test.each(['connection', 'news', 'heartbeat'])('%s is a sign of life', async (sign) => {
  const { watch, streams, seen } = startWatch();
  watch.start(true);
  const before = seen.timers.ids();
  streams[0]?.say(sign);
  expect(seen.timers.waits()).toEqual([SILENCE]);
  expect(seen.timers.ids()).not.toEqual(before);
});

test('a stream that opens and brings nothing is given up for a question now and then', async () => {
  const { watch, streams, seen, wait, answers } = startWatch();
  watch.start(true);
  await wait(SILENCE);
  expect([streams[0]?.readyState, seen.asks, seen.changes]).toEqual([CLOSED, 1, 1]); // the page may be old by now
  await wait(ASK);
  expect([seen.asks, seen.changes]).toEqual([2, 1]);
  answers('degraded');
  await wait(ASK);
  expect([seen.asks, seen.changes, streams.length]).toEqual([3, 2, 1]);
});

test('a stream that is refused is given up at once', async () => {
  const { watch, streams, seen, wait } = startWatch();
  watch.start(true);
  streams[0]?.fail();
  await settle();
  expect(seen.asks).toBe(1);
  await wait(ASK);
  expect(seen.asks).toBe(2);
});

test('when a server that was away is back, the stream is tried again', async () => {
  const { watch, streams, seen, wait, answers } = startWatch();
  answers(null);
  watch.start(true);
  streams[0]?.fail();
  await settle();
  expect(seen.changes).toBe(0);
  await wait(ASK);
  answers('connected');
  await wait(ASK);
  streams[1]?.say('connection');
  expect([streams.length, seen.changes]).toEqual([2, 1]);
});

test('stopped, it has no stream and no timer, and asks nothing', async () => {
  const { watch, streams, seen } = startWatch();
  watch.start(true);
  watch.stop();
  expect([streams[0]?.readyState, seen.timers.waits().length]).toEqual([CLOSED, 0]);
  watch.start(false);
  streams[1]?.fail();
  watch.stop(); // while the answer is under way
  await settle();
  expect([seen.timers.waits().length, seen.changes]).toEqual([0, 0]);
});
