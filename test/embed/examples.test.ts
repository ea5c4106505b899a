import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { type Visitor, visit } from '../support/visitor.ts';
import { newPlace, type Place, start } from './run-example.ts';

// Of the package as `npm run types` has built it. examples/passport.cjs is walked through by npm run test:package.

const EXAMPLES = join(import.meta.dirname, '../../examples');

async function startOwnSignIn(place?: Place) {
  const where = place ?? (await newPlace());
  return { ...where, ...(await start(join(EXAMPLES, 'own-sign-in.js'), where.env)) };
}

async function signedIn(app: { url: string }, name: string): Promise<Visitor> {
  const visitor = visit(app);
  expect((await visitor.post('/login', { name })).status).toBe(303);
  return visitor;
}

describe('the example with sign-in of its own', () => {
  test('connects, reads, is found again elsewhere, and disconnects', async () => {
    const app = await startOwnSignIn();
    const ada = await signedIn(app, 'ada');
    expect((await ada.get('/')).text).toContain('Connect Withings');
    const back = await ada.connect('/withings/connect');
    expect(back.status).toBe(303);
    expect(back.headers.location).toBe('/');
    expect((await ada.get('/')).text).toMatch(/^\d+\.\d kg$/);

    const elsewhere = await signedIn(app, 'ada'); // the connection is the person's, not the browser's
    const loads = await Promise.all([elsewhere.get('/'), ada.get('/'), elsewhere.get('/')]);
    for (const { text } of loads) expect(text).toMatch(/^\d+\.\d kg$/); // Withings is asked once
    const bob = await signedIn(app, 'bob');
    expect((await bob.get('/')).text).toContain('Connect Withings');

    const evil = { Origin: 'https://evil.example' };
    expect((await ada.post('/withings/disconnect', {}, evil)).status).toBe(403);
    expect((await ada.post('/withings/disconnect')).status).toBe(303);
    expect((await elsewhere.get('/')).text).toContain('Connect Withings');
    expect(await app.stop()).toBe(0);
  });

  test('shows what was known while Withings is away, and else a page that says what to do', async () => {
    const app = await startOwnSignIn();
    const ada = await signedIn(app, 'ada');
    await ada.connect('/withings/connect');
    app.sandbox.faults.set('http-500', { times: 0 });
    const away = await ada.get('/');
    expect(away.status).toBe(503);
    expect(Number(away.headers['retry-after'])).toBeGreaterThan(0);
    expect(away.text).toContain('<h1>Withings cannot be reached</h1>');
    expect(away.text).toContain('Try again in a minute.');
  });

  test('nobody connects who is not signed in', async () => {
    const app = await startOwnSignIn();
    const nobody = visit(app);
    const answer = await nobody.get('/withings/connect');
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('not-signed-in');
    expect((await nobody.get('/withings/callback?state=x&code=y')).status).toBe(401);
    expect((await request(app.url).head('/withings/callback')).status).toBe(200);
  });

  test('a failure reaches the error handler at an address of its own, under the mount path', async () => {
    const app = await startOwnSignIn();
    const ada = await signedIn(app, 'ada');
    const denied = await ada.consent(await ada.begin('/withings/connect'), 'Deny');
    const { pathname, search } = new URL(denied);
    const answer = await request(app.url)
      .get(pathname + search)
      .set({ Cookie: ada.cookies(), Accept: 'text/html' });
    expect(answer.headers.location).toMatch(/^\/withings\/connect\/result\/[\w-]{22}$/);
    const shown = await ada.get(denied);
    expect(shown.status).toBe(403);
    expect(shown.text).toContain('access-denied');
    expect((await ada.json(denied)).text).toContain('access-denied'); // in place
  });

  test('a callback of another browser is refused', async () => {
    const app = await startOwnSignIn();
    const ada = await signedIn(app, 'ada');
    const callback = await ada.consent(await ada.begin('/withings/connect'), 'Allow');
    const eve = await signedIn(app, 'eve');
    expect((await eve.get(callback)).status).toBe(400);
    expect((await eve.get('/')).text).toContain('Connect Withings');
  });
});

test('the nightly job reads what everybody measured, in its turn, beside the application', async () => {
  const app = await startOwnSignIn();
  const [first, second] = app.sandbox.people;
  for (const [name, person] of [
    ['ada', first],
    ['bob', second],
  ] as const) {
    const visitor = await signedIn(app, name);
    const begun = await visitor.begin('/withings/connect');
    const { status } = await visitor.get(app.sandbox.consent(begun, person ? { userId: person.userId } : {}));
    expect(status).toBe(303);
  }
  app.sandbox.faults.set('status-601', { on: 'getmeas' }); // it waits for as long as it is told
  const job = await start(join(EXAMPLES, 'nightly.js'), app.env);
  expect(await job.ended).toBe(0);
  expect(job.said().split('\n').toSorted()).toEqual([
    '',
    expect.stringMatching(/^ada: [1-9]\d* measures$/),
    expect.stringMatching(/^bob: [1-9]\d* measures$/),
  ]);
});

test('examples stay under sixty-five lines', () => {
  for (const name of readdirSync(EXAMPLES)) {
    const lines = readFileSync(join(EXAMPLES, name), 'utf8').trimEnd().split('\n').length;
    expect({ name, isShort: lines < 65 }).toEqual({ name, isShort: true });
  }
});
