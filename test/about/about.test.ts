import { expect, test } from '@jest/globals';
import request from 'supertest';
import { PROBLEMS } from '../../src/problems/catalogue.ts';
import { startApp } from '../support/app.ts';

const REAL = {
  WITHINGS_CLIENT_ID: 'an-application',
  WITHINGS_CLIENT_SECRET: 'its-secret',
  SESSION_SECRET: 'Zq8Vd3NwYt6KpR1xLs9GfBh4McJu7EaQ',
};

/** What stands on the page, without its tags. */
async function read(env: Record<string, string>, path: string) {
  const app = await startApp(env);
  const { text } = await request(app.url).get(path).set('Accept', 'text/html').expect(200);
  return text.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');
}

test('what is kept of a person is said with the numbers of this installation', async () => {
  const usual = await read({}, '/privacy');
  expect(usual).toContain('Here all people and measures are invented');
  expect(usual).toContain('Until 180 days without a visit have passed, and no longer than 400 days after');
  expect(usual).toContain('for 5 minutes we do not ask again');
  expect(usual).toContain('we ask again for 14 days');
  expect(usual).toContain('For 400 days it is kept that a browser was signed out');
  expect(usual).not.toMatch(/another program|told us of something new/i);

  const other = await read(
    {
      ...REAL,
      SESSION_IDLE_DAYS: '30',
      SESSION_MAX_DAYS: '90',
      DATA_FRESH_SECONDS: '7200',
      WEBHOOKS: 'on',
      PUBLIC_URL: 'https://health.example',
      PARTNER_API_KEY: 'Ws5Tn8BvQx2LmF7yGc4HdRk9PzJe3UaN',
    },
    '/privacy',
  );
  expect(other).not.toContain('invented');
  expect(other).toContain('Until 30 days without a visit have passed, and no longer than 90 days after');
  expect(other).toContain(
    'for 2 hours we do not ask again, or, where Withings tells us of what is new, for an hour',
  );
  expect(other).toContain('when Withings last told us of something new');
  expect(other).toContain('Another program of those who run this site may ask for your tokens');
  expect(other).toContain('unless that other program goes on with it');
  expect(await read({ SESSION_MAX_DAYS: '1' }, '/privacy')).toContain('Until 1 day after you connected');
  expect(await read({ DATA_FRESH_SECONDS: '0' }, '/privacy')).toContain('we ask each time');
  expect(await read({ DATA_FRESH_SECONDS: '90' }, '/privacy')).toContain('for 90 seconds');
});

test('the place that is named is the place that is used', async () => {
  const { TEST_REDIS_URL, TEST_DATABASE_URL } = process.env;
  const database = TEST_DATABASE_URL ? 'PostgreSQL' : TEST_REDIS_URL && 'Redis';
  const place = database ? `in a ${database} database of this site` : 'in one file on the machine';
  expect(await read({}, '/privacy')).toContain(`It lies ${place}`);
});

test('every error is listed with its code', async () => {
  const app = await startApp();
  const { text } = await request(app.url).get('/errors').expect(200);
  for (const code of Object.keys(PROBLEMS)) expect(text).toContain(`<div id="${code}">`);
});

test('neither page asks who reads it', async () => {
  const app = await startApp();
  for (const path of ['/privacy', '/errors']) {
    const { headers } = await request(app.url).get(path).set('Cookie', 'withings-session=x').expect(200);
    expect(headers['set-cookie']).toBeUndefined();
    await request(app.url).post(path).set('Sec-Fetch-Site', 'same-origin').expect(405);
  }
});
