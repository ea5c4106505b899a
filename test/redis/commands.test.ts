import { expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import { startApp } from '../support/app.ts';
import { until } from '../support/until.ts';
import { visit } from '../support/visitor.ts';
import { startRedis } from './server.ts';

const SESSION_SECRET = 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ';

test('a dashboard costs four commands, and two more for each turn', async () => {
  const { url } = await startRedis();
  const app = await startApp({ REDIS_URL: url, SESSION_SECRET, SWEEP_SECONDS: '3600' });
  const visitor = visit(app);
  await visitor.connect();
  await visitor.get('/'); // the scripts of a visit are loaded by then
  await app.settled();

  const [monitor, marker] = [createClient({ url }), createClient({ url })];
  await Promise.all([monitor.connect(), marker.connect()]);
  const seen: string[] = [];
  await monitor.monitor((line) => {
    const [, who = '', command = ''] = /\[\d+ ([^\]]+)\] "(\w+)"/.exec(String(line)) ?? [];
    // What a script does within the server costs no round trip; pings come on a busy machine, whoever visits.
    if (who !== 'lua' && command !== 'PING') seen.push(command);
  });
  const costOf = async (path: string) => {
    await visitor.get(path);
    await app.settled();
    await marker.echo('done');
    await until(() => seen.includes('ECHO'));
    return seen
      .splice(0, seen.indexOf('ECHO') + 1)
      .slice(0, -1)
      .sort();
  };
  const first = await costOf('/dashboard');
  const second = await costOf('/dashboard');
  monitor.destroy();
  marker.destroy();

  // The session with its grant, its idle limit moved, its other browsers; and where the person lives.
  const page = ['EVALSHA', 'EVALSHA', 'EVALSHA'];
  const zone = 'HGET';
  const turns = ['EVALSHA', 'EVALSHA', 'EVALSHA', 'EVALSHA']; // the page's, and one for all that changes slowly
  const use = 'EVALSHA'; // how much was called today, looked up now and then
  const loaded = Array.from({ length: 3 }, () => 'EVAL'); // scripts that the first view is the first to use
  const answers = Array.from({ length: 4 }, () => 'PUBLISH');
  expect(first).toEqual([...loaded, ...page, ...turns, use, zone, ...answers]);
  expect(second).toEqual([...page, zone]);
});
