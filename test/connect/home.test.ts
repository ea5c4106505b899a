import { expect, test } from '@jest/globals';
import request from 'supertest';
import { startApp } from '../support/app.ts';
import { sandboxOf } from '../support/sandbox.ts';
import { visit } from '../support/visitor.ts';

const REAL = {
  PUBLIC_URL: 'https://health.example',
  WITHINGS_CLIENT_ID: 'an-application',
  WITHINGS_CLIENT_SECRET: 'its-secret',
  SESSION_SECRET: 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ',
};

test('who is not connected reads what happens, and sees a dashboard of nobody', async () => {
  const app = await startApp();
  const { text } = await visit(app).get('/');
  expect(text).toContain('You choose an invented person where you would sign in at Withings.');
  expect(text).toMatch(/<div class="data" inert aria-hidden="true">/); // a picture: nothing to press, nothing to hear
  for (const id of ['weight', 'heart', 'steps', 'sleep']) expect(text).toContain(`<a href="#${id}">`);
  expect(text).toMatch(/<figure class="chart">.*class="measured"/s);
  expect(text).toContain('An example: these are nobody’s measures.');
});

test('where Withings is the real one, no sentence speaks of invented people', async () => {
  const app = await startApp(REAL);
  const { text } = await request(app.url).get('/').expect(200);
  expect(text).not.toMatch(/invented|Sandbox/);
  expect(text).toContain('You sign in at Withings, not here.');
  expect(text).toContain('Withings ends it after a day');
});

test('a link to the first page has words and a picture; what is somebody’s own is in no index', async () => {
  const app = await startApp(REAL);
  const { text } = await request(app.url).get('/').expect(200);
  expect(text).toMatch(/<meta name="description" content="Connect your Withings scale/);
  const image = /og:image" content="https:\/\/health\.example([^"]+)"/.exec(text)?.[1] ?? '';
  const picture = await request(app.url).get(image).expect(200);
  expect(picture.headers['content-type']).toBe('image/jpeg');
  expect(Number(picture.headers['content-length'])).toBeLessThan(80_000);
  expect(text).not.toContain('noindex');

  const sandbox = await startApp();
  const visitor = visit(sandbox);
  await visitor.connect();
  for (const path of ['/', '/dashboard', '/disconnect', '/nowhere']) {
    const page = await visitor.get(path);
    expect([path, page.text.includes('noindex'), page.text.includes('og:')]).toEqual([path, true, false]);
  }
});

test('who is connected sees that first, in the words of the dashboard', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect();
  const { text } = await visitor.get('/');
  expect(text).toContain('<title>Connected – Withings Connect</title>');
  expect(text).toContain('Use another Withings account');
  expect(text).not.toContain('class="example"');
});

test('a demo whose day is over is not called connected, though nobody has asked Withings since', async () => {
  const app = await startApp();
  const visitor = visit(app);
  await visitor.connect('/connect?mode=demo');
  app.clock.now += 24 * 3_600_000 - 1;
  expect((await visitor.get('/')).text).toContain('<title>Connected – ');
  app.clock.now += 1;
  const { text } = await visitor.get('/');
  expect(text).toContain('<title>The demo is over – ');
  expect(text).toContain('<a class="button" href="/connect?mode=demo">Try the demo again</a>');
  expect((await visitor.json('/api/connection')).body).toMatchObject({ state: 'unlinked', problem: null });
  await sandboxOf(app).fault('http-500', { times: 0 });
  const titles = [await visitor.get('/dashboard'), await visitor.get('/')].map((page) => headOf(page.text));
  expect(titles).toEqual(['The demo is over', 'The demo is over']); // the same on both
});

function headOf(page: string): string | undefined {
  return /<h1[^>]*>([^<]*?) ?</.exec(page)?.[1];
}
